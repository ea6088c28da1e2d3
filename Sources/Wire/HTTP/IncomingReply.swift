/// What has come of a reply so far; bounded.
struct IncomingReply {
  /// All header lines of one reply together.
  static let headerBytesMax = 256 << 10

  enum Excess {
    case body
    case headers
  }

  var limitBytes = 0
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  /// Whether the head of the reply is complete; that of a 100 (continue) never is.
  private(set) var hasHead = false
  private(set) var body: [UInt8] = []
  /// The body's bytes so far, whether kept here or handed on.
  private(set) var bodyBytes = 0
  private(set) var excess: Excess?
  private var headerBytes = 0

  /// Answers false, and keeps nothing, when the body would grow beyond the limit.
  mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= limitBytes - body.count else {
      excess = .body
      return false
    }
    if body.isEmpty, let length = headers.first("Content-Length").flatMap({ Int($0) }) {
      body.reserveCapacity(min(max(length, 0), limitBytes))
    }
    body.append(contentsOf: bytes)
    bodyBytes += bytes.count
    return true
  }

  /// Notes bytes of the body that somebody else keeps.
  mutating func noteBody(_ count: Int) { bodyBytes += count }

  /// Takes one line as libcurl hands it over: a status line, a field, or the empty line.
  mutating func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.headerBytesMax else {
      excess = .headers
      return false
    }
    let line = bytes.prefix { $0 != 0x0d && $0 != 0x0a }
    if line.starts(with: "HTTP/".utf8) {
      // A new head: the one before was a 100 (continue).
      status = Self.status(line)
      headers = HTTPHeaders()
      headerBytes = bytes.count
      body = []
      bodyBytes = 0
    } else if line.isEmpty {
      hasHead = status >= 200
    } else if let first = line.first, first == 0x20 || first == 0x09 {
      headers.extendLast(with: Self.trimmed(line))
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      headers.add(
        String(decoding: line[..<colon], as: UTF8.self), Self.trimmed(line[(colon + 1)...]))
    }
    return true
  }

  /// The number after the first space: `HTTP/1.1 200 OK`.
  private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
    let digits = line.drop { $0 != 0x20 }.dropFirst().prefix { (0x30...0x39).contains($0) }
    return digits.prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    let start = bytes.drop(while: isSpace)
    let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
    return String(decoding: start[..<end], as: UTF8.self)
  }
}
