/// The parts of an absolute URL that a signature covers, as sent: still percent-encoded.
struct SigningURL {
  /// With the port unless it is the scheme's own.
  let host: String
  let path: String
  private let query: String

  init(_ url: String) {
    let scheme = url.prefix { $0 != ":" }
    var rest = url.dropFirst(scheme.count + 3)
    rest = rest.prefix { $0 != "#" }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    var host = rest[..<end]
    let ownPort = scheme == "https" ? ":443" : ":80"
    if host.hasSuffix(ownPort) { host = host.dropLast(ownPort.count) }
    self.host = host.lowercased()
    let mark = rest.firstIndex(of: "?") ?? rest.endIndex
    let path = rest[end..<mark]
    self.path = path.isEmpty ? "/" : String(path)
    query = mark == rest.endIndex ? "" : String(rest[rest.index(after: mark)...])
  }

  /// The parameters in byte order, each with its `=`.
  var sortedQuery: String {
    query.split(separator: "&").map { $0.contains("=") ? String($0) : "\($0)=" }
      .sorted { left, right in
        let (a, b) = (
          left.split(separator: "=", maxSplits: 1), right.split(separator: "=", maxSplits: 1)
        )
        if a[0] != b[0] { return a[0].utf8.lexicographicallyPrecedes(b[0].utf8) }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
      }
      .joined(separator: "&")
  }

  /// Dots and doubled slashes resolved, and every byte escaped once more.
  var normalisedPath: String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let ending = path.hasSuffix("/") && !parts.isEmpty ? "/" : ""
    return "/" + parts.map { PercentEncoding.escape(String($0)) }.joined(separator: "/") + ending
  }
}

/// Percent-encoding by RFC 3986: all but letters, digits and `-._~` is escaped, in capitals.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// `keeping` names further bytes to leave alone, such as `/` in a path.
  package static func escape(_ text: String, keeping: String = "") -> String {
    var bytes: [UInt8] = []
    let kept = Array(keeping.utf8)
    for byte in text.utf8 {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
        || (0x61...0x7a).contains(byte) || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
      if isPlain || kept.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
