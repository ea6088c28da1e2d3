import Resources

/// An address in which `{name}` stands for an output of the same step.
struct URLTemplate: Sendable {
  let text: String

  private enum Piece {
    case text(Substring)
    case name(String)
  }

  /// The names that occur.
  var names: [String] {
    pieces.compactMap { if case .name(let name) = $0 { name } else { nil } }
  }

  /// Secret references (`${secret:…}`) are left alone.
  private var pieces: [Piece] {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}") else { break }
      let after = rest.index(after: close)
      if open > rest.startIndex, rest[rest.index(before: open)] == "$" {
        pieces.append(.text(rest[..<after]))
      } else {
        pieces.append(.text(rest[..<open]))
        pieces.append(.name(String(rest[rest.index(after: open)..<close])))
      }
      rest = rest[after...]
    }
    return pieces + [.text(rest)]
  }

  /// The address with each name replaced by its value, percent-encoded; nil where one is missing.
  func filled(_ values: [String: String]) -> String? {
    var filled = ""
    for piece in pieces {
      switch piece {
      case .text(let text): filled += text
      case .name(let name):
        guard let value = values[name] else { return nil }
        filled += Self.encoded(value)
      }
    }
    return filled
  }

  /// Everything but the unreserved characters of RFC 3986, section 2.3, is escaped.
  static func encoded(_ value: String) -> String {
    var text = ""
    for byte in value.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126:
        text.unicodeScalars.append(Unicode.Scalar(byte))
      case _:
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return text
  }
}
