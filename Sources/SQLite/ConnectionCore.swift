internal import CSQLite

/// A statement that SQLite has compiled.
struct Prepared {
  let handle: OpaquePointer
  let sql: String
}

/// The C handle and the statements that wait to be used again.
///
/// Statements hold on to it, so the handle closes once, after the last of them.
final class ConnectionCore {
  let handle: OpaquePointer
  /// C calls these back, so they live exactly as long as the handle.
  let hooks = Hooks()
  private var idle: [String: Prepared] = [:]

  /// A program uses a few dozen statements; a cache beyond that has met SQL with pasted values.
  private static let idleMax = 64

  init(handle: OpaquePointer) {
    self.handle = handle
    hooks.interrupter.connect(handle)
  }

  deinit {
    forgetStatements()
    hooks.interrupter.disconnect()
    sqlite3_close_v2(handle)
  }

  func take(_ sql: String) throws(DatabaseError) -> Prepared {
    // Strings that differ in normalization are equal to Swift, and are different SQL.
    if let found = idle[sql], found.sql.utf8.elementsEqual(sql.utf8) {
      idle[sql] = nil
      return found
    }
    return try compile(sql)
  }

  func giveBack(_ prepared: Prepared) {
    sqlite3_reset(prepared.handle)
    sqlite3_clear_bindings(prepared.handle)
    guard idle[prepared.sql] == nil else {
      sqlite3_finalize(prepared.handle)
      return
    }
    if idle.count >= Self.idleMax { forgetStatements() }
    idle[prepared.sql] = prepared
  }

  func forgetStatements() {
    for prepared in idle.values { sqlite3_finalize(prepared.handle) }
    idle.removeAll()
  }

  /// Compiles exactly one statement; text after it is refused, not left out in silence.
  private func compile(_ sql: String) throws(DatabaseError) -> Prepared {
    var statement: OpaquePointer?
    var code: Int32 = SQLITE_OK
    var rest = ""
    var text = sql
    text.withUTF8 { bytes in
      code = prepare(UnsafeRawBufferPointer(bytes), &statement) { rest = $0 }
    }
    guard code == SQLITE_OK else { throw failure(code, sql) }
    guard let statement else { throw .misuse("there is no statement", in: sql) }
    guard rest.isEmpty else {
      sqlite3_finalize(statement)
      throw .misuse("there is text after the first statement: \(rest.prefix(40))", in: sql)
    }
    return Prepared(handle: statement, sql: sql)
  }

  /// Compiles the first statement of a script, and tells what follows it.
  private func prepare(
    _ bytes: UnsafeRawBufferPointer, _ statement: inout OpaquePointer?, rest: (String) -> Void
  ) -> Int32 {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else {
      return SQLITE_OK
    }
    var tail: UnsafePointer<CChar>?
    let code = sqlite3_prepare_v3(
      handle, start, Int32(clamping: bytes.count), UInt32(SQLITE_PREPARE_PERSISTENT), &statement,
      &tail)
    if code == SQLITE_OK, let tail {
      rest(Self.meaningful(UnsafeRawBufferPointer(rebasing: bytes[(tail - start)...])))
    }
    return code
  }

  /// The text without the white space, semicolons and comments it begins with.
  private static func meaningful(_ bytes: UnsafeRawBufferPointer) -> String {
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 12,
        UInt8(ascii: ";"):
        index += 1
      case UInt8(ascii: "-") where index + 1 < bytes.count && bytes[index + 1] == bytes[index]:
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "/")
      where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "*"):
        index += 2
        while index < bytes.count, !isCommentEnd(bytes, index) { index += 1 }
        index += 2
      default:
        return String(decoding: bytes[index...], as: UTF8.self)
      }
    }
    return ""
  }

  private static func isCommentEnd(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    bytes[index] == UInt8(ascii: "*") && index + 1 < bytes.count
      && bytes[index + 1] == UInt8(ascii: "/")
  }

  /// The error that SQLite describes last.
  func failure(_ code: Int32, _ context: String) -> DatabaseError {
    let system = sqlite3_system_errno(handle)
    let isSystem = [SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_READONLY]
      .contains(code & 0xff)
    return DatabaseError(
      code: code, message: String(cString: sqlite3_errmsg(handle)), context: context,
      systemCode: isSystem ? system : 0)
  }
}

extension DatabaseError {
  /// A statement that is wrong in itself, before SQLite was asked.
  static func misuse(_ message: String, in sql: String) -> DatabaseError {
    DatabaseError(code: SQLITE_ERROR, message: message, context: sql)
  }
}
