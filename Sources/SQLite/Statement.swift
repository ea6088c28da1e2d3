internal import CSQLite

/// A prepared statement and the row it stands on: the cursor for hot paths.
///
/// Belongs to the thread or actor that owns its connection. It goes back to the connection's cache
/// when it ends, so a statement may be prepared again while it is in use: that makes a second one.
/// Bytes given to a closure are valid inside it only.
package struct Statement: ~Copyable {
  private let core: ConnectionCore
  private let prepared: Prepared

  init(core: ConnectionCore, prepared: Prepared) {
    self.core = core
    self.prepared = prepared
  }

  deinit { core.giveBack(prepared) }

  package var sql: String { prepared.sql }
  package var columnCount: Int { Int(sqlite3_column_count(handle)) }
  package var parameterCount: Int { Int(sqlite3_bind_parameter_count(handle)) }

  /// Whether the statement leaves the database file as it is.
  package var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

  package var columnNames: [String] {
    (0..<sqlite3_column_count(handle)).map { index in
      sqlite3_column_name(handle, index).map { String(cString: $0) } ?? ""
    }
  }

  /// The names of parameters (`:name`, `?2`), nil for a plain `?`; the first one is bound at 1.
  package var parameterNames: [String?] {
    (0..<sqlite3_bind_parameter_count(handle)).map { index in
      sqlite3_bind_parameter_name(handle, index + 1).map { String(cString: $0) }
    }
  }

  private var handle: OpaquePointer { prepared.handle }

  /// Goes to the next row; false after the last one.
  package mutating func step() throws(DatabaseError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let failure = core.failure(code, sql)
      sqlite3_reset(handle)
      throw failure
    }
  }

  /// Goes back before the first row, and forgets the bound values.
  package mutating func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Runs to the end with these values and stands ready to run again.
  package mutating func run(_ values: [Column]) throws(DatabaseError) {
    try bind(values)
    defer { reset() }
    while try step() {}
  }

  /// Binds all parameters, and starts over.
  package mutating func bind(_ values: [Column]) throws(DatabaseError) {
    sqlite3_reset(handle)
    guard values.count == parameterCount else {
      throw .misuse(
        "the statement has \(parameterCount) parameters, but \(values.count) values were given",
        in: sql)
    }
    for (index, value) in values.enumerated() { try bind(value, at: index + 1) }
  }

  package mutating func bind(_ value: Column, at index: Int) throws(DatabaseError) {
    switch value {
    case .null: try check(sqlite3_bind_null(handle, Int32(index)))
    case .integer(let number): try bind(number, at: index)
    case .real(let number): try check(sqlite3_bind_double(handle, Int32(index), number))
    case .text(let bytes):
      try check(bytes.withUnsafeBytes { bindText($0, index) })
    case .blob(let bytes):
      try check(bytes.withUnsafeBytes { bindBlob($0, index) })
    }
  }

  package mutating func bind(_ number: Int64, at index: Int) throws(DatabaseError) {
    try check(sqlite3_bind_int64(handle, Int32(index), number))
  }

  /// Binds text by its bytes, which are copied.
  package mutating func bind(
    text: UnsafeRawBufferPointer, at index: Int
  ) throws(DatabaseError) {
    try check(bindText(text, index))
  }

  package mutating func bind(
    blob: UnsafeRawBufferPointer, at index: Int
  ) throws(DatabaseError) {
    try check(bindBlob(blob, index))
  }

  // A nil pointer would bind NULL, so what is empty is bound in a way of its own.
  private func bindText(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int32 {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count > 0 else {
      return sqlite3_bind_text(handle, Int32(index), "", 0, transient)
    }
    return sqlite3_bind_text64(
      handle, Int32(index), start, UInt64(bytes.count), transient, UInt8(SQLITE_UTF8))
  }

  private func bindBlob(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int32 {
    guard let start = bytes.baseAddress, bytes.count > 0 else {
      return sqlite3_bind_zeroblob(handle, Int32(index), 0)
    }
    return sqlite3_bind_blob64(handle, Int32(index), start, UInt64(bytes.count), transient)
  }

  private func check(_ code: Int32) throws(DatabaseError) {
    guard code == SQLITE_OK else { throw core.failure(code, sql) }
  }

  package func kind(_ index: Int) -> ColumnKind {
    switch sqlite3_column_type(handle, Int32(index)) {
    case SQLITE_INTEGER: .integer
    case SQLITE_FLOAT: .real
    case SQLITE_TEXT: .text
    case SQLITE_BLOB: .blob
    default: .null
    }
  }

  package func integer(_ index: Int) -> Int64 { sqlite3_column_int64(handle, Int32(index)) }

  package func real(_ index: Int) -> Double { sqlite3_column_double(handle, Int32(index)) }

  /// The text, with broken UTF-8 replaced.
  package func string(_ index: Int) -> String {
    withBytes(index) { String(decoding: $0, as: UTF8.self) }
  }

  package func bytes(_ index: Int) -> [UInt8] { withBytes(index) { Array($0) } }

  /// Lends the bytes of a text or blob, without a copy; they are gone after the closure.
  package func withBytes<Result, Failure: Error>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(lentBytes(index))
  }

  /// The bytes of a text or blob where SQLite keeps them; gone when the statement moves or ends.
  ///
  /// For the hottest paths only: it spares the generic closure of `withBytes`.
  package func lentBytes(_ index: Int) -> UnsafeRawBufferPointer {
    let index = Int32(index)
    // The pointer comes first: asking for it may change the length (UTF-16 files).
    let start: UnsafeRawPointer? =
      sqlite3_column_type(handle, index) == SQLITE_BLOB
      ? sqlite3_column_blob(handle, index) : UnsafeRawPointer(sqlite3_column_text(handle, index))
    let count = Int(sqlite3_column_bytes(handle, index))
    precondition(start != nil || count == 0, "out of memory")
    return UnsafeRawBufferPointer(start: start, count: count)
  }

  package func column(_ index: Int) -> Column {
    switch kind(index) {
    case .null: .null
    case .integer: .integer(integer(index))
    case .real: .real(real(index))
    case .text: .text(bytes(index))
    case .blob: .blob(bytes(index))
    }
  }

  package func row() -> [Column] { (0..<columnCount).map { column($0) } }
}

/// Tells SQLite to copy what it is given (the C macro casts -1, so it is not imported).
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
