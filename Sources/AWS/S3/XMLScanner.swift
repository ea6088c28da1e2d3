/// Walks over the elements of an XML answer as bytes, without building a tree.
///
/// Made for long listings. Attributes, comments and declarations are passed over; a text is given
/// with its references resolved. Foundation's parser took most of the time of a listing.
struct XMLScanner {
  enum Event {
    case open(Range<Int>)
    case text(Range<Int>)
    case close(Range<Int>)
  }

  let bytes: [UInt8]
  private var place = 0
  /// The name of an element that ended in its own tag, such as `<A/>`.
  private var pendingClose: Range<Int>?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next event; nil at the end or where the bytes make no sense.
  mutating func next() -> Event? {
    if let name = pendingClose {
      pendingClose = nil
      return .close(name)
    }
    while place < bytes.count {
      guard bytes[place] == 0x3c else {
        let start = place
        while place < bytes.count, bytes[place] != 0x3c { place += 1 }
        return .text(start..<place)
      }
      guard place + 1 < bytes.count else { return nil }
      switch bytes[place + 1] {
      case 0x3f, 0x21: guard skipDeclaration() else { return nil }
      case 0x2f: return close()
      case _: return open()
      }
    }
    return nil
  }

  func isName(_ range: Range<Int>, _ name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    return name.withUTF8Buffer { wanted in
      for index in 0..<wanted.count where bytes[range.lowerBound + index] != wanted[index] {
        return false
      }
      return true
    }
  }

  /// The text with its references resolved.
  func text(_ range: Range<Int>) -> [UInt8] {
    let raw = bytes[range]
    guard raw.contains(0x26) else { return Array(raw) }
    var text: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      guard bytes[index] == 0x26, let end = bytes[index..<range.upperBound].firstIndex(of: 0x3b)
      else {
        text.append(bytes[index])
        index += 1
        continue
      }
      text += Self.reference(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))
      index = end + 1
    }
    return text
  }

  private static func reference(_ name: String) -> [UInt8] {
    switch name {
    case "amp": return [0x26]
    case "lt": return [0x3c]
    case "gt": return [0x3e]
    case "quot": return [0x22]
    case "apos": return [0x27]
    case _: break
    }
    let number =
      name.hasPrefix("#x")
      ? UInt32(name.dropFirst(2), radix: 16)
      : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
    guard let scalar = number.flatMap(Unicode.Scalar.init) else { return Array("&\(name);".utf8) }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func open() -> Event? {
    let start = place + 1
    var end = start
    while end < bytes.count, !Self.endsName(bytes[end]) { end += 1 }
    var close = end
    while close < bytes.count, bytes[close] != 0x3e { close += 1 }
    guard close < bytes.count, end > start else { return nil }
    place = close + 1
    if bytes[close - 1] == 0x2f { pendingClose = start..<end }
    return .open(start..<end)
  }

  private mutating func close() -> Event? {
    let start = place + 2
    guard let end = bytes[start...].firstIndex(of: 0x3e) else { return nil }
    place = end + 1
    return .close(start..<end)
  }

  private mutating func skipDeclaration() -> Bool {
    guard let end = bytes[place...].firstIndex(of: 0x3e) else { return false }
    place = end + 1
    return true
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    byte == 0x3e || byte == 0x2f || byte <= 0x20
  }
}
