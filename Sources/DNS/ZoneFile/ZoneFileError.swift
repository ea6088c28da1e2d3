/// What is wrong with a zone file, and where.
struct ZoneFileError: Error, Equatable, CustomStringConvertible {
  /// Both count from one; the column counts bytes.
  let line: Int
  let column: Int
  let problem: String

  var description: String { "\(line):\(column): \(problem)" }
}
