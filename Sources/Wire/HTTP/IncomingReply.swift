/// What has come of a reply so far; bounded.
struct IncomingReply {
  /// All header lines of one reply together.
  static let headerBytesMax = 256 << 10

  enum Excess {
    case body
    case headers
  }

  var limitBytes = 0
  private(set) var headers = HTTPHeaders()
  private(set) var body: [UInt8] = []
  private(set) var excess: Excess?
  private var headerBytes = 0

  /// Answers false, and keeps nothing, when the body would grow beyond the limit.
  mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= limitBytes - body.count else {
      excess = .body
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  /// Takes one line as libcurl hands it over: a status line, a field, or the empty line.
  mutating func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.headerBytesMax else {
      excess = .headers
      return false
    }
    let line = bytes.prefix { $0 != 0x0d && $0 != 0x0a }
    if line.starts(with: "HTTP/".utf8) {
      // A new head: the one before was a 100 (continue), a proxy's answer or a redirect.
      headers = HTTPHeaders()
      headerBytes = bytes.count
      body = []
    } else if let first = line.first, first == 0x20 || first == 0x09 {
      headers.extendLast(with: Self.trimmed(line))
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      headers.add(
        String(decoding: line[..<colon], as: UTF8.self), Self.trimmed(line[(colon + 1)...]))
    }
    return true
  }

  private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    let start = bytes.drop(while: isSpace)
    let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
    return String(decoding: start[..<end], as: UTF8.self)
  }
}
