/// The name of a table, bucket, user directory, zone or stack: `scheme://authority/path?query#fragment`.
///
/// The same text serves in a playbook, on the command line and in the journal. A query value may be
/// a secret reference (`${secret:env:NAME}`), never a secret; the provider resolves it when used.
package struct ResourceURL: Hashable, Sendable, Codable {
  /// As written; two URLs are equal when their bytes are.
  package let text: String
  package let scheme: String
  /// What stands between `//` and the path: a host, a region, a zone id; often empty.
  package let authority: String
  /// With its leading slash, percent-decoded; empty when there is none.
  package let path: String
  package let query: [QueryItem]
  package let fragment: String?

  package struct QueryItem: Hashable, Sendable, Codable {
    package let name: String
    package let value: String
  }

  /// Reads a URL, or says what is wrong with it.
  package init(_ text: String) throws(Failure) {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
      throw Self.bad(text, "it has no scheme")
    }
    let scheme = String(text[..<colon])
    let allowed = scheme.utf8.allSatisfy {
      (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 43
    }
    guard allowed else { throw Self.bad(text, "'\(scheme)' is not a scheme") }
    var rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { throw Self.bad(text, "'//' must follow the scheme") }
    rest = rest.dropFirst(2)

    var fragment: String?
    if let hash = Self.outsideReference("#", in: rest) {
      fragment = try Self.decoded(rest[rest.index(after: hash)...], of: text)
      rest = rest[..<hash]
    }
    var query: [QueryItem] = []
    if let mark = Self.outsideReference("?", in: rest) {
      for pair in rest[rest.index(after: mark)...].split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        query.append(
          QueryItem(
            name: try Self.decoded(parts[0], of: text),
            value: parts.count == 2 ? try Self.decoded(parts[1], of: text) : ""))
      }
      rest = rest[..<mark]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    self.text = text
    self.scheme = scheme
    self.authority = try Self.decoded(rest[..<slash], of: text)
    self.path = try Self.decoded(rest[slash...], of: text)
    self.query = query
    self.fragment = fragment
  }

  package init(from decoder: any Decoder) throws {
    self = try Self(decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  package static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }

  /// The value of a query item, if the URL has it.
  package func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

  private static func bad(_ text: String, _ why: String) -> Failure {
    .permanent(
      "'\(text)' is not a resource URL: \(why)",
      hint: "Write it as scheme://…, such as sqlite:///data/app.db#users.")
  }

  /// Finds a delimiter, but not inside a `${…}` reference.
  private static func outsideReference(
    _ delimiter: Character, in text: Substring
  ) -> Substring.Index? {
    var depth = 0
    var previous: Character = " "
    for index in text.indices {
      let character = text[index]
      if character == "{", previous == "$" { depth += 1 }
      if character == "}", depth > 0 { depth -= 1 }
      if depth == 0, character == delimiter { return index }
      previous = character
    }
    return nil
  }

  private static func decoded(_ text: Substring, of whole: String) throws(Failure) -> String {
    guard text.utf8.contains(37) else { return String(text) }
    var bytes: [UInt8] = []
    var input = Array(text.utf8)[...]
    while let byte = input.popFirst() {
      guard byte == 37 else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: input.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), value != 0 else {
        throw bad(whole, "'%' must be followed by two hexadecimal digits, not 00")
      }
      bytes.append(value)
      input = input.dropFirst(2)
    }
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw bad(whole, "its percent-escapes are not UTF-8")
    }
    return string
  }
}

extension ResourceURL: CustomStringConvertible {
  package var description: String { text }
}
