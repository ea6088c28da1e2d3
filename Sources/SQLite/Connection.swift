internal import CSQLite

/// One connection to one database file.
///
/// Not `Sendable`: it has a single owner, a thread or an actor (`Database`), which serialises every call;
/// it closes when its owner lets go of it. Blocking: calls wait for the disk.
package final class Connection {
  /// What may happen to the file.
  package enum Mode: Sendable {
    /// Read; the file must exist.
    case read
    /// Read a file that no one writes, in a folder where not even a lock may be made.
    case readFrozen
    /// Read and write; the file must exist.
    case write
    /// Read and write; an empty database is made where there is no file.
    case create
  }

  /// Where the data is.
  package enum Location: Sendable, Equatable {
    case file(String)
    /// A private database that ends with its connection.
    case memory
  }

  /// How long to wait for another connection's lock, unless told otherwise.
  package static let busyTimeoutDefault = Duration.seconds(5)

  let core: ConnectionCore
  package let location: Location

  package init(
    _ location: Location, mode: Mode, busyTimeout: Duration = busyTimeoutDefault
  ) throws(DatabaseError) {
    let name = try Self.name(of: location, mode)
    let access =
      switch mode {
      case .read, .readFrozen: SQLITE_OPEN_READONLY
      case .write: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(
      name, &opened,
      access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI, nil)
    guard let opened else {
      throw DatabaseError(code: code, message: "out of memory", context: name)
    }
    let core = ConnectionCore(handle: opened)
    guard code == SQLITE_OK else { throw core.failure(code, Self.text(of: location)) }
    self.core = core
    self.location = location
    sqlite3_busy_timeout(opened, Self.milliseconds(busyTimeout))
  }

  /// Prepares one statement; the cursor for streaming and for raw bytes.
  package func prepare(_ sql: String) throws(DatabaseError) -> Statement {
    Statement(core: core, prepared: try core.take(sql))
  }

  /// All rows, for results known to be small.
  @discardableResult
  package func rows(_ sql: String, _ values: [Column]) throws(DatabaseError) -> [[Column]] {
    var statement = try prepare(sql)
    try statement.bind(values)
    var rows: [[Column]] = []
    while try statement.step() { rows.append(statement.row()) }
    return rows
  }

  @discardableResult
  package func rows(_ sql: String, _ values: Column...) throws(DatabaseError) -> [[Column]] {
    try rows(sql, values)
  }

  /// The first row, or nil.
  package func row(_ sql: String, _ values: Column...) throws(DatabaseError) -> [Column]? {
    var statement = try prepare(sql)
    try statement.bind(values)
    return try statement.step() ? statement.row() : nil
  }

  /// The first column of the first row, or nil.
  package func value(_ sql: String, _ values: Column...) throws(DatabaseError) -> Column? {
    var statement = try prepare(sql)
    try statement.bind(values)
    return try statement.step() ? statement.column(0) : nil
  }

  /// Runs one statement to its end, and answers how many rows it changed.
  @discardableResult
  package func run(_ sql: String, _ values: Column...) throws(DatabaseError) -> Int {
    var statement = try prepare(sql)
    try statement.run(values)
    return statement.isReadOnly ? 0 : changes
  }

  /// Lends each row in turn, without building any array.
  package func forEach(
    _ sql: String, _ values: [Column] = [], _ body: (borrowing Statement) throws -> Void
  ) throws {
    var statement = try prepare(sql)
    try statement.bind(values)
    while try statement.step() { try body(statement) }
  }

  /// Runs a script of several statements, such as a schema; rows they give are left out.
  package func execute(_ script: String) throws(DatabaseError) {
    guard !script.utf8.contains(0) else {
      throw .misuse("a script cannot hold a NUL byte", in: script)
    }
    let code = sqlite3_exec(core.handle, script, nil, nil, nil)
    guard code == SQLITE_OK else { throw core.failure(code, script) }
  }

  /// The rows changed by the latest INSERT, UPDATE or DELETE, without those of triggers.
  package var changes: Int { Int(sqlite3_changes64(core.handle)) }

  /// The rows changed since the connection was opened, triggers included.
  package var totalChanges: Int { Int(sqlite3_total_changes64(core.handle)) }

  package var lastRowID: Int64 { sqlite3_last_insert_rowid(core.handle) }

  private static func milliseconds(_ duration: Duration) -> Int32 {
    let (seconds, attoseconds) = duration.components
    return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }

  private static func text(of location: Location) -> String {
    switch location {
    case .file(let path): path
    case .memory: ":memory:"
    }
  }

  /// The name for SQLite: always a URI, so that a path such as `:memory:` or `file:x` means itself.
  private static func name(of location: Location, _ mode: Mode) throws(DatabaseError) -> String {
    guard case .file(let path) = location else { return ":memory:" }
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .misuse("a path is neither empty nor holds a NUL byte", in: path)
    }
    var bytes = Array("file:".utf8)
    // Two slashes at the start would be read as an authority.
    if path.utf8.first == UInt8(ascii: "/") { bytes += Array("//".utf8) }
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"):
        bytes.append(UInt8(ascii: "%"))
        bytes += Array(String(byte, radix: 16, uppercase: true).utf8)
      default: bytes.append(byte)
      }
    }
    if case .readFrozen = mode { bytes += Array("?immutable=1".utf8) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
