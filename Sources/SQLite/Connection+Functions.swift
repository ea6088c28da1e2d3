internal import CSQLite

/// What a function of ours says when it cannot answer; the message reaches the statement's error.
package struct FunctionError: Error {
  package let message: String
  package init(_ message: String) { self.message = message }
}

extension Connection {
  /// Registers a function that SQL may call.
  ///
  /// `isDeterministic` says that equal arguments give equal results, so that SQLite may call it
  /// once. The body must not use the connection.
  package func define(
    _ name: String, argumentCount: Int, isDeterministic: Bool,
    _ body: @escaping ([Column]) throws(FunctionError) -> Column
  ) throws(DatabaseError) {
    let box = Unmanaged.passRetained(FunctionBox(body))
    let code = sqlite3_create_function_v2(
      core.handle, name, Int32(argumentCount),
      SQLITE_UTF8 | (isDeterministic ? SQLITE_DETERMINISTIC : 0), box.toOpaque(),
      { context, count, values in FunctionBox.call(context, count, values) }, nil, nil,
      { box in
        // SQLite calls this also when the registration itself fails.
        if let box { Unmanaged<FunctionBox>.fromOpaque(box).release() }
      })
    guard code == SQLITE_OK else { throw core.failure(code, name) }
  }
}

private final class FunctionBox {
  let body: ([Column]) throws(FunctionError) -> Column

  init(_ body: @escaping ([Column]) throws(FunctionError) -> Column) { self.body = body }

  static func call(
    _ context: OpaquePointer?, _ count: Int32,
    _ values: UnsafeMutablePointer<OpaquePointer?>?
  ) {
    guard let data = sqlite3_user_data(context) else {
      sqlite3_result_error_nomem(context)
      return
    }
    let box = Unmanaged<FunctionBox>.fromOpaque(data).takeUnretainedValue()
    let arguments = (0..<Int(count)).map { index in values.map { column($0[index]) } ?? .null }
    do throws(FunctionError) {
      answer(try box.body(arguments), context)
    } catch {
      sqlite3_result_error(context, error.message, -1)
    }
  }

  private static func column(_ value: OpaquePointer?) -> Column {
    switch sqlite3_value_type(value) {
    case SQLITE_INTEGER: .integer(sqlite3_value_int64(value))
    case SQLITE_FLOAT: .real(sqlite3_value_double(value))
    case SQLITE_TEXT: .text(bytes(UnsafeRawPointer(sqlite3_value_text(value)), value))
    case SQLITE_BLOB: .blob(bytes(sqlite3_value_blob(value), value))
    default: .null
    }
  }

  private static func bytes(_ start: UnsafeRawPointer?, _ value: OpaquePointer?) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value))))
  }

  private static func answer(_ column: Column, _ context: OpaquePointer?) {
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch column {
    case .null: sqlite3_result_null(context)
    case .integer(let number): sqlite3_result_int64(context, number)
    case .real(let number): sqlite3_result_double(context, number)
    case .text(let bytes):
      bytes.withUnsafeBytes { bytes in
        let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        if bytes.count == 0 {
          sqlite3_result_text(context, "", 0, transient)
        } else {
          sqlite3_result_text64(
            context, start, UInt64(bytes.count), transient, UInt8(SQLITE_UTF8))
        }
      }
    case .blob(let bytes):
      if bytes.isEmpty {
        sqlite3_result_zeroblob(context, 0)
      } else {
        sqlite3_result_blob64(context, bytes, UInt64(bytes.count), transient)
      }
    }
  }
}
