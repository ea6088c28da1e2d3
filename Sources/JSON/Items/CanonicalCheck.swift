/// Reads the canonical form of items and nothing else; a single pass that allocates nothing.
struct CanonicalCheck {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var place = 0

  /// The bytes must outlive the check.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func item() -> Bool {
    attributes(depth: 0) && place == bytes.count
  }

  private func peek() -> UInt8 { place < bytes.count ? bytes[place] : 0 }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard place + count <= bytes.count else { return false }
    for index in 0..<count where bytes[place + index] != word.utf8Start[index] { return false }
    place += count
    return true
  }

  private mutating func attributes(depth: Int) -> Bool {
    guard depth <= JSONLimit.depthMax / 2, take(UInt8(ascii: "{")) else { return false }
    if take(UInt8(ascii: "}")) { return true }
    var previous: Range<Int>?
    while true {
      guard let name = string(), name.isPlain else { return false }
      if let previous, !precedes(previous, name.range) { return false }
      previous = name.range
      guard take(UInt8(ascii: ":")), value(depth: depth) else { return false }
      if take(UInt8(ascii: "}")) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
    }
  }

  private mutating func value(depth: Int) -> Bool {
    guard take("{\""), place + 1 < bytes.count else { return false }
    let first = bytes[place]
    let isShort = bytes[place + 1] == UInt8(ascii: "\"")
    let isGood: Bool
    switch first {
    case UInt8(ascii: "S") where isShort: isGood = take("S\":") && string() != nil
    case UInt8(ascii: "B") where isShort: isGood = take("B\":") && string() != nil
    case UInt8(ascii: "N") where isShort: isGood = take("N\":") && number()
    case UInt8(ascii: "M"): isGood = take("M\":") && attributes(depth: depth + 1)
    case UInt8(ascii: "L"): isGood = take("L\":") && list(depth: depth)
    case UInt8(ascii: "S"): isGood = take("SS\":") && set(ofNumbers: false)
    case UInt8(ascii: "B") where bytes[place + 1] == UInt8(ascii: "S"):
      isGood = take("BS\":") && set(ofNumbers: false)
    case UInt8(ascii: "B"): isGood = take("BOOL\":") && (take("true") || take("false"))
    case UInt8(ascii: "N") where bytes[place + 1] == UInt8(ascii: "S"):
      isGood = take("NS\":") && set(ofNumbers: true)
    case UInt8(ascii: "N"): isGood = take("NULL\":true")
    case _: isGood = false
    }
    return isGood && take(UInt8(ascii: "}"))
  }

  private mutating func list(depth: Int) -> Bool {
    guard depth <= JSONLimit.depthMax / 2, take(UInt8(ascii: "[")) else { return false }
    if take(UInt8(ascii: "]")) { return true }
    while true {
      guard value(depth: depth + 1) else { return false }
      if take(UInt8(ascii: "]")) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
    }
  }

  private mutating func set(ofNumbers: Bool) -> Bool {
    guard take(UInt8(ascii: "[")) else { return false }
    if take(UInt8(ascii: "]")) { return true }
    var previous: Range<Int>?
    while true {
      let start = place
      guard let element = string(), element.isPlain else { return false }
      if let previous, !precedes(previous, element.range) { return false }
      previous = element.range
      if ofNumbers {
        place = start
        guard number() else { return false }
      }
      if take(UInt8(ascii: "]")) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
    }
  }

  private mutating func number() -> Bool {
    guard let text = string(), text.isPlain else { return false }
    let content = UnsafeBufferPointer(rebasing: bytes[text.range])
    return DecimalText.isCanonical(content.span)
  }

  private func precedes(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
    let count = min(one.count, other.count)
    for index in 0..<count {
      let left = bytes[one.lowerBound + index]
      let right = bytes[other.lowerBound + index]
      if left != right { return left < right }
    }
    return one.count < other.count
  }

  /// The next string, if its escapes are the shortest; plain if it has none.
  private mutating func string() -> (range: Range<Int>, isPlain: Bool)? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    let start = place
    var isPlain = true
    while true {
      place = PlainText.end(from: place, in: bytes)
      guard place < bytes.count else { return nil }
      switch bytes[place] {
      case UInt8(ascii: "\""):
        place += 1
        return (start..<place - 1, isPlain)
      case UInt8(ascii: "\\"):
        isPlain = false
        guard shortestEscape() else { return nil }
      case 0..<0x20: return nil
      case _: place += 1
      }
    }
  }

  private mutating func shortestEscape() -> Bool {
    place += 1
    switch peek() {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      place += 1
      return true
    case UInt8(ascii: "u"):
      guard place + 4 < bytes.count, bytes[place + 1] == 48, bytes[place + 2] == 48,
        bytes[place + 3] == 48 || bytes[place + 3] == 49
      else { return false }
      let low = bytes[place + 4]
      // Those with a letter of their own are written with it.
      let hasLetter = bytes[place + 3] == 48 && "89acd".utf8.contains(low)
      let isHex = low &- 48 < 10 || low &- 97 < 6
      place += 5
      return isHex && !hasLetter
    case _: return false
    }
  }
}

/// Finds the end of text that needs no look at each byte.
enum PlainText {
  /// The first place from `start` on that holds a quote, a backslash or a control character, or the
  /// end; eight bytes at a time.
  @inline(__always)
  static func end(from start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var place = start
    guard let base = bytes.baseAddress else { return place }
    let raw = UnsafeRawPointer(base)
    while place + 8 <= bytes.count {
      let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      let special = specials(word)
      if special != 0 {
        return place + UInt64(littleEndian: special).trailingZeroBitCount / 8
      }
      place += 8
    }
    while place < bytes.count {
      let byte = base[place]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return place }
      place += 1
    }
    return place
  }

  /// The high bit of each byte that is a quote, a backslash or below 0x20; the lowest one is exact.
  @inline(__always)
  private static func specials(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* 0x22)
    let slash = word ^ (ones &* 0x5C)
    let quotes = (quote &- ones) & ~quote
    let slashes = (slash &- ones) & ~slash
    let controls = (word &- ones &* 0x20) & ~word
    return (quotes | slashes | controls) & highs
  }
}
