import Resources

/// Why the content of an export's file cannot be had.
enum ExportFault: Error {
  /// The store did not give it.
  case store(Failure)
  /// It is not what an export holds; the text says what is wrong.
  case damaged(String)
}
