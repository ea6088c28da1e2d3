/// How a column converts what is put into it, by its declared type.
///
/// Source: "Datatypes In SQLite", section 3.1.
enum Affinity {
  case integer
  case text
  case blob
  case real
  case numeric

  init(declared type: String, isStrict: Bool) {
    let word = type.uppercased()
    if isStrict, word == "ANY" {
      self = .blob
    } else if word.contains("INT") {
      self = .integer
    } else if word.contains("CHAR") || word.contains("CLOB") || word.contains("TEXT") {
      self = .text
    } else if word.contains("BLOB") || word.isEmpty {
      self = .blob
    } else if word.contains("REAL") || word.contains("FLOA") || word.contains("DOUB") {
      self = .real
    } else {
      self = .numeric
    }
  }

  /// Whether a whole number is stored as one.
  var keepsIntegers: Bool {
    switch self {
    case .integer, .numeric, .blob: true
    case .text, .real: false
    }
  }

  /// Whether this number with a fraction or exponent is stored as one.
  func keeps(_ real: Double) -> Bool {
    switch self {
    case .real, .blob: true
    case .text: false
    // Turned into a whole number where that loses nothing.
    case .integer, .numeric: Int64(exactly: real) == nil
    }
  }

  /// Whether a text is stored as one, even if it looks like a number.
  var keepsNumericText: Bool {
    switch self {
    case .text, .blob: true
    case .integer, .real, .numeric: false
    }
  }

  /// Whether SQLite might read a text as a number; when in doubt, yes.
  static func looksNumeric(_ text: some Collection<UInt8>) -> Bool {
    guard let first = text.first(where: { !isSpace($0) }) else { return false }
    guard (48...57).contains(first) || first == 43 || first == 45 || first == 46 else {
      return false
    }
    return text.allSatisfy { byte in
      (48...57).contains(byte) || isSpace(byte) || byte == 43 || byte == 45 || byte == 46
        || byte | 0x20 == 0x65
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
