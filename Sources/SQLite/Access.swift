internal import CSQLite

/// One thing that a statement wants to do, asked when it is compiled.
package struct Access: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case select
    case recursion
    /// Reads a column; an empty name when only rows are counted.
    case read(table: String, column: String)
    case function(String)
    /// Anything that writes, defines, attaches or configures, with SQLite's number for it.
    case other(Int32)
  }

  package let kind: Kind
  /// `main`, `temp` or the name of an attached file.
  package let database: String?

  /// Whether the access only reads; functions that reach out of the database are not reading.
  package var isReading: Bool {
    switch kind {
    case .select, .recursion, .read: true
    case .function(let name): !Self.functionsReachingOut.contains(name.lowercased())
    case .other: false
    }
  }

  /// Functions of SQLite or its shell that load code or touch files.
  private static let functionsReachingOut: Set<String> = [
    "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "lsdir", "fsdir",
    "sqlar_uncompress", "zipfile",
  ]

  init(
    code: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?,
    _ database: UnsafePointer<CChar>?
  ) {
    let one = first.map { String(cString: $0) } ?? ""
    let two = second.map { String(cString: $0) } ?? ""
    kind =
      switch code {
      case SQLITE_SELECT: .select
      case SQLITE_RECURSIVE: .recursion
      case SQLITE_READ: .read(table: one, column: two)
      case SQLITE_FUNCTION: .function(two)
      default: .other(code)
      }
    self.database = database.map { String(cString: $0) }
  }
}
