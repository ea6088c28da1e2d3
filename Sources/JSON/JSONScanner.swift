/// Walks over strict JSON without building a tree and without allocating.
///
/// It finds where values begin and end, so that an item can be passed on byte for byte. It checks
/// the grammar fully but not the encoding: whoever takes bytes from outside validates UTF-8 once
/// for the whole reply. The bytes are handed to each call, so that the scanner itself is a plain
/// value; they must be the same each time.
///
/// ```
/// var scanner = JSONScanner()
/// try scanner.enterObject(in: bytes)
/// while let name = try scanner.nextMember(in: bytes) {
///   guard name.equals("Items", in: bytes) else { _ = try scanner.skipValue(in: bytes); continue }
///   try scanner.enterArray(in: bytes)
///   while try scanner.nextElement(in: bytes) { send(try scanner.skipValue(in: bytes)) }
/// }
/// ```
package struct JSONScanner: Sendable {
  /// What is wrong at which byte.
  package struct Malformed: Error, Hashable, Sendable {
    package let expected: String
    package let offset: Int

    package init(expected: String, offset: Int) {
      self.expected = expected
      self.offset = offset
    }
  }

  /// What kind of value comes next.
  package enum Kind: Sendable {
    case object
    case array
    case string
    case number
    case bool
    case null
  }

  package private(set) var offset: Int
  /// Whether an object or array was just entered, so that no comma is due.
  private var isFresh = false

  package init(at offset: Int = 0) { self.offset = offset }

  // MARK: Stepping through a container

  package mutating func enterObject(in bytes: Span<UInt8>) throws(Malformed) {
    try take(UInt8(ascii: "{"), "'{'", in: bytes)
    isFresh = true
  }

  package mutating func enterArray(in bytes: Span<UInt8>) throws(Malformed) {
    try take(UInt8(ascii: "["), "'['", in: bytes)
    isFresh = true
  }

  /// The name of the next member, or nil behind the object's end.
  ///
  /// The caller then takes the value: with `skipValue`, `string`, or by entering it.
  package mutating func nextMember(in bytes: Span<UInt8>) throws(Malformed) -> JSONSlice? {
    guard try nextEntry(closer: UInt8(ascii: "}"), in: bytes) else { return nil }
    let name = try string(in: bytes)
    try take(UInt8(ascii: ":"), "':'", in: bytes)
    return name
  }

  /// Whether another element follows; false behind the array's end.
  package mutating func nextElement(in bytes: Span<UInt8>) throws(Malformed) -> Bool {
    try nextEntry(closer: UInt8(ascii: "]"), in: bytes)
  }

  private mutating func nextEntry(
    closer: UInt8, in bytes: Span<UInt8>
  ) throws(Malformed) -> Bool {
    skipSpace(in: bytes)
    let wasFresh = isFresh
    isFresh = false
    if peek(bytes) == closer {
      offset += 1
      return false
    }
    if wasFresh { return true }
    try take(UInt8(ascii: ","), "',' or the closing bracket", in: bytes)
    return true
  }

  package mutating func kind(in bytes: Span<UInt8>) throws(Malformed) -> Kind {
    skipSpace(in: bytes)
    guard let byte = peek(bytes) else { throw malformed("a value") }
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw malformed("a value")
    }
  }

  /// Checks that nothing but white space follows.
  package mutating func finish(in bytes: Span<UInt8>) throws(Malformed) {
    skipSpace(in: bytes)
    if offset < bytes.count { throw malformed("the end") }
  }

  // MARK: Whole values

  /// Goes behind the next value and returns where it stands, without white space around it.
  package mutating func skipValue(in bytes: Span<UInt8>) throws(Malformed) -> Range<Int> {
    skipSpace(in: bytes)
    let start = offset
    // One bit for each open bracket, 1 for an object: 128 levels without a heap.
    var objects: UInt128 = 0
    var depth = 0
    while true {
      var isOpen = false
      if try kind(in: bytes) == .object {
        offset += 1
        skipSpace(in: bytes)
        isOpen = peek(bytes) != UInt8(ascii: "}")
        if isOpen { try memberName(in: bytes) } else { offset += 1 }
        if isOpen { objects = objects << 1 | 1 }
      } else if peek(bytes) == UInt8(ascii: "[") {
        offset += 1
        skipSpace(in: bytes)
        isOpen = peek(bytes) != UInt8(ascii: "]")
        if isOpen { objects <<= 1 } else { offset += 1 }
      } else {
        try skipScalar(in: bytes)
      }
      if isOpen {
        depth += 1
        if depth > JSONLimit.depthMax { throw malformed("at most 128 nested values") }
        continue
      }
      var needsValue = false
      while !needsValue {
        if depth == 0 { return start..<offset }
        skipSpace(in: bytes)
        let isObject = objects & 1 == 1
        switch peek(bytes) {
        case UInt8(ascii: ","):
          offset += 1
          if isObject { try memberName(in: bytes) }
          needsValue = true
        case isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"):
          offset += 1
          depth -= 1
          objects >>= 1
        default: throw malformed("',' or the closing bracket")
        }
      }
    }
  }

  /// The content of the next string, quotes and unescaping left out.
  package mutating func string(in bytes: Span<UInt8>) throws(Malformed) -> JSONSlice {
    try take(UInt8(ascii: "\""), "a string", in: bytes)
    let start = offset
    var hasEscapes = false
    while offset < bytes.count {
      offset = bytes.withUnsafeBufferPointer { PlainText.end(from: offset, in: $0) }
      guard let byte = peek(bytes) else { break }
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return JSONSlice(range: start..<offset - 1, hasEscapes: hasEscapes)
      }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try skipEscape(in: bytes)
      } else if byte < 0x20 {
        throw malformed("an escape instead of a control character")
      } else {
        offset += 1
      }
    }
    throw malformed("the closing quote")
  }

  package mutating func skipNumber(in bytes: Span<UInt8>) throws(Malformed) {
    if peek(bytes) == UInt8(ascii: "-") { offset += 1 }
    let isZero = peek(bytes) == UInt8(ascii: "0")
    let count = skipDigits(in: bytes)
    if count == 0 { throw malformed("a digit") }
    if isZero, count > 1 { throw malformed("a number without a leading 0") }
    if peek(bytes) == UInt8(ascii: ".") {
      offset += 1
      if skipDigits(in: bytes) == 0 { throw malformed("a digit") }
    }
    if let byte = peek(bytes), byte | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if let sign = peek(bytes), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        offset += 1
      }
      if skipDigits(in: bytes) == 0 { throw malformed("a digit") }
    }
  }

  package mutating func skipSpace(in bytes: Span<UInt8>) {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  // MARK: Parts

  private func peek(_ bytes: Span<UInt8>) -> UInt8? {
    offset < bytes.count ? bytes[offset] : nil
  }

  private func malformed(_ expected: String) -> Malformed {
    Malformed(expected: expected, offset: offset)
  }

  private mutating func take(
    _ byte: UInt8, _ expected: StaticString, in bytes: Span<UInt8>
  ) throws(Malformed) {
    skipSpace(in: bytes)
    guard peek(bytes) == byte else { throw malformed("\(expected)") }
    offset += 1
  }

  private mutating func memberName(in bytes: Span<UInt8>) throws(Malformed) {
    _ = try string(in: bytes)
    try take(UInt8(ascii: ":"), "':'", in: bytes)
  }

  private mutating func skipScalar(in bytes: Span<UInt8>) throws(Malformed) {
    switch peek(bytes) {
    case UInt8(ascii: "\""): _ = try string(in: bytes)
    case UInt8(ascii: "t"): try skipWord("true", in: bytes)
    case UInt8(ascii: "f"): try skipWord("false", in: bytes)
    case UInt8(ascii: "n"): try skipWord("null", in: bytes)
    default: try skipNumber(in: bytes)
    }
  }

  private mutating func skipWord(
    _ word: StaticString, in bytes: Span<UInt8>
  ) throws(Malformed) {
    let end = offset + word.utf8CodeUnitCount
    guard JSONSlice(range: offset..<end, hasEscapes: false).equals(word, in: bytes) else {
      throw malformed("\(word)")
    }
    offset = end
  }

  private mutating func skipDigits(in bytes: Span<UInt8>) -> Int {
    let start = offset
    while let byte = peek(bytes), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      offset += 1
    }
    return offset - start
  }

  private mutating func skipEscape(in bytes: Span<UInt8>) throws(Malformed) {
    offset += 1
    switch peek(bytes) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 1
    case UInt8(ascii: "u"):
      offset += 1
      for _ in 0..<4 {
        guard let byte = peek(bytes), JSONReader.hexDigit(byte) != nil else {
          throw malformed("four hexadecimal digits")
        }
        offset += 1
      }
    default: throw malformed("an escape of RFC 8259")
    }
  }
}
