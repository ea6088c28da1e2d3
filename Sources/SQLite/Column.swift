/// A value that SQLite stores.
///
/// Text is bytes, not a Swift `String`: it may hold NULs or broken UTF-8, and two texts are the
/// same only when their bytes are.
package enum Column: Sendable, Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text([UInt8])
  case blob([UInt8])

  package static func string(_ text: String) -> Column { .text(Array(text.utf8)) }

  package static func string(_ text: String?) -> Column { text.map { .string($0) } ?? .null }

  package static func integer(_ number: Int) -> Column { .integer(Int64(number)) }

  package var integerValue: Int64? {
    switch self {
    case .integer(let number): number
    case .null, .real, .text, .blob: nil
    }
  }

  /// The text, with broken UTF-8 replaced; take `bytesValue` where that matters.
  package var stringValue: String? {
    switch self {
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .null, .integer, .real, .blob: nil
    }
  }

  /// The bytes of a text or of a blob.
  package var bytesValue: [UInt8]? {
    switch self {
    case .text(let bytes), .blob(let bytes): bytes
    case .null, .integer, .real: nil
    }
  }

  package var isNull: Bool { self == .null }
}

extension Column: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(nilLiteral: ()) { self = .null }
}

/// What kind of value a row holds in a column.
package enum ColumnKind: Sendable {
  case null
  case integer
  case real
  case text
  case blob
}
