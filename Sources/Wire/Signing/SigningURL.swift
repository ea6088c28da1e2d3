/// The parts of an absolute URL that a signature covers, as sent: still percent-encoded.
struct SigningURL {
  /// In small letters, with the port unless it is the scheme's own.
  let host: String
  private let bytes: [UInt8]
  private let pathRange: Range<Int>
  private let queryRange: Range<Int>

  private static let slash = UInt8(ascii: "/")
  private static let mark = UInt8(ascii: "?")
  private static let hash = UInt8(ascii: "#")

  init(_ url: String) {
    bytes = Array(url.utf8)
    let scheme = bytes.firstIndex(of: UInt8(ascii: ":")) ?? 0
    let start = min(scheme + 3, bytes.count)
    let last = bytes[start...].firstIndex(of: Self.hash) ?? bytes.count
    let end = bytes[start..<last].firstIndex { $0 == Self.slash || $0 == Self.mark } ?? last
    let question = bytes[end..<last].firstIndex(of: Self.mark) ?? last
    pathRange = end..<question
    queryRange = min(question + 1, last)..<last
    var authority = bytes[start..<end]
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) { authority = authority[(at + 1)...] }
    let ownPort = Array((scheme == 5 ? ":443" : ":80").utf8)
    if authority.suffix(ownPort.count).elementsEqual(ownPort) {
      authority = authority.dropLast(ownPort.count)
    }
    host = String(decoding: authority.map(Self.lowered), as: UTF8.self)
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
  }

  /// The path as it is sent; at least a slash.
  var path: ArraySlice<UInt8> { pathRange.isEmpty ? [Self.slash] : bytes[pathRange] }

  /// Dots and doubled slashes resolved, and every byte escaped once more.
  var normalisedPath: [UInt8] {
    var parts: [ArraySlice<UInt8>] = []
    for part in path.split(separator: Self.slash) {
      if part.elementsEqual("..".utf8) {
        _ = parts.popLast()
      } else if !part.elementsEqual(".".utf8) {
        parts.append(part)
      }
    }
    if parts.isEmpty { return [Self.slash] }
    var text: [UInt8] = []
    for part in parts {
      text.append(Self.slash)
      PercentEncoding.append(part, to: &text)
    }
    if path.last == Self.slash { text.append(Self.slash) }
    return text
  }

  /// The parameters in the order of their names and then of their values, each with its `=`.
  var sortedQuery: [UInt8] {
    if queryRange.isEmpty { return [] }
    let equals = UInt8(ascii: "=")
    let pairs = bytes[queryRange]
      .split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
      .map { pair -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) in
        let place = pair.firstIndex(of: equals) ?? pair.endIndex
        return (pair[..<place], pair[min(place + 1, pair.endIndex)...])
      }
      .sorted { left, right in
        left.name.elementsEqual(right.name)
          ? left.value.lexicographicallyPrecedes(right.value)
          : left.name.lexicographicallyPrecedes(right.name)
      }
    var text: [UInt8] = []
    text.reserveCapacity(queryRange.count + 8)
    for (name, value) in pairs {
      if !text.isEmpty { text.append(UInt8(ascii: "&")) }
      text += name
      text.append(equals)
      text += value
    }
    return text
  }
}
