/// Writes items in canonical form while it reads them in any.
struct CanonicalWriter {
  var bytes: [UInt8] = []

  init(room: Int) { bytes.reserveCapacity(room) }

  private struct Member {
    let name: JSONSlice
    let value: Int
  }

  /// Writes the object of attributes at `offset` and answers where it ends.
  mutating func attributes(
    at offset: Int, in source: Span<UInt8>
  ) throws(JSONScanner.Malformed) -> Int {
    var scanner = JSONScanner(at: offset)
    var members: [Member] = []
    members.reserveCapacity(16)
    var isSorted = true
    try scanner.enterObject(in: source)
    while let name = try scanner.nextMember(in: source) {
      let value = try scanner.skipValue(in: source)
      if let last = members.last, !Self.precedes(last.name, name, in: source) { isSorted = false }
      members.append(Member(name: name, value: value.lowerBound))
    }
    if !isSorted { Self.sort(&members, in: source) }
    bytes.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      try string(member.name, in: source)
      bytes.append(UInt8(ascii: ":"))
      _ = try value(at: member.value, in: source)
    }
    bytes.append(UInt8(ascii: "}"))
    return scanner.offset
  }

  /// Writes a typed value such as `{"SS":["b","a"]}` and answers where it ends.
  mutating func value(
    at offset: Int, in source: Span<UInt8>
  ) throws(JSONScanner.Malformed) -> Int {
    var scanner = JSONScanner(at: offset)
    try scanner.enterObject(in: source)
    guard let type = try scanner.nextMember(in: source) else {
      throw JSONScanner.Malformed(expected: "a typed value", offset: offset)
    }
    bytes.append(UInt8(ascii: "{"))
    try string(type, in: source)
    bytes.append(UInt8(ascii: ":"))
    if type.equals("S", in: source) || type.equals("B", in: source) {
      try string(try scanner.string(in: source), in: source)
    } else if type.equals("N", in: source) {
      let text = try Self.content(try scanner.string(in: source), in: source)
      string(DecimalText.canonical(text))
    } else if type.equals("M", in: source) {
      scanner.skipSpace(in: source)
      scanner = JSONScanner(at: try attributes(at: scanner.offset, in: source))
    } else if type.equals("L", in: source) {
      try list(&scanner, in: source)
    } else if type.equals("SS", in: source) || type.equals("BS", in: source) {
      try set(&scanner, in: source) { $0 }
    } else if type.equals("NS", in: source) {
      try set(&scanner, in: source, DecimalText.canonical)
    } else {
      copy(try scanner.skipValue(in: source), of: source)
    }
    guard try scanner.nextMember(in: source) == nil else {
      throw JSONScanner.Malformed(expected: "one type for a value", offset: scanner.offset)
    }
    bytes.append(UInt8(ascii: "}"))
    return scanner.offset
  }

  private mutating func list(
    _ scanner: inout JSONScanner, in source: Span<UInt8>
  ) throws(JSONScanner.Malformed) {
    var isFirst = true
    try scanner.enterArray(in: source)
    bytes.append(UInt8(ascii: "["))
    while try scanner.nextElement(in: source) {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      _ = try value(at: try scanner.skipValue(in: source).lowerBound, in: source)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func set(
    _ scanner: inout JSONScanner, in source: Span<UInt8>, _ canonical: ([UInt8]) -> [UInt8]
  ) throws(JSONScanner.Malformed) {
    var elements: [[UInt8]] = []
    try scanner.enterArray(in: source)
    while try scanner.nextElement(in: source) {
      elements.append(canonical(try Self.content(try scanner.string(in: source), in: source)))
    }
    elements.sort { $0.lexicographicallyPrecedes($1) }
    bytes.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      string(element)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// A string with the shortest escapes.
  mutating func string(_ content: [UInt8]) {
    var writer = JSONWriter(isPretty: false, sortsKeys: false)
    guard content.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
      bytes.append(0x22)
      bytes += content
      bytes.append(0x22)
      return
    }
    writer.write(String(decoding: content, as: UTF8.self))
    bytes += writer.bytes
  }

  private mutating func string(
    _ slice: JSONSlice, in source: Span<UInt8>
  ) throws(JSONScanner.Malformed) {
    guard slice.hasEscapes else {
      bytes.append(0x22)
      copy(slice.range, of: source)
      bytes.append(0x22)
      return
    }
    string(try Self.content(slice, in: source))
  }

  private mutating func copy(_ range: Range<Int>, of source: Span<UInt8>) {
    source.extracting(range).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  private static func content(
    _ slice: JSONSlice, in source: Span<UInt8>
  ) throws(JSONScanner.Malformed) -> [UInt8] {
    guard slice.hasEscapes else { return source.copy(slice.range) }
    guard let text = slice.text(in: source) else {
      throw JSONScanner.Malformed(
        expected: "whole surrogate pairs", offset: slice.range.lowerBound)
    }
    return Array(text.utf8)
  }

  private static func precedes(
    _ one: JSONSlice, _ other: JSONSlice, in source: Span<UInt8>
  ) -> Bool {
    if one.hasEscapes || other.hasEscapes { return false }
    let count = min(one.range.count, other.range.count)
    for index in 0..<count {
      let left = source[one.range.lowerBound + index]
      let right = source[other.range.lowerBound + index]
      if left != right { return left < right }
    }
    return one.range.count < other.range.count
  }

  /// Sorts by insertion, since a span cannot go into a closure and items have few attributes.
  ///
  /// Where names have escapes their content decides.
  private static func sort(
    _ members: inout [Member], in source: Span<UInt8>
  ) {
    let hasEscapes = members.contains { $0.name.hasEscapes }
    if hasEscapes || members.count > 24 {
      var named: [(name: [UInt8], member: Member)] = []
      for member in members {
        let name = (try? content(member.name, in: source)) ?? source.copy(member.name.range)
        named.append((name, member))
      }
      named.sort { $0.name.lexicographicallyPrecedes($1.name) }
      members = named.map(\.member)
      return
    }
    for end in members.indices.dropFirst() {
      var place = end
      while place > 0, precedes(members[place].name, members[place - 1].name, in: source) {
        members.swapAt(place, place - 1)
        place -= 1
      }
    }
  }
}
