import Resources

extension NameServer {
  static let standardPort = 53

  /// Reads `host`, `host:port`, `[address]:port` or an IPv6 address.
  init?(_ text: some StringProtocol) {
    var host = Substring(text)
    var port: Substring?
    if host.hasPrefix("[") {
      guard let close = host.firstIndex(of: "]") else { return nil }
      let rest = host[host.index(after: close)...]
      host = host[host.index(after: host.startIndex)..<close]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if host.filter({ $0 == ":" }).count == 1, let colon = host.firstIndex(of: ":") {
      port = host[host.index(after: colon)...]
      host = host[..<colon]
    }
    let number = port.map { Int($0) ?? 0 } ?? Self.standardPort
    let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }
    guard !host.isEmpty, isPlain, (1...65_535).contains(number) else { return nil }
    self.init(host: String(host), port: number)
  }

  /// Reads the servers of a URL's `servers` parameter; nil when it has none.
  static func list(_ url: ResourceURL) throws(Failure) -> [NameServer]? {
    guard let text = url.parameter("servers") else { return nil }
    var servers: [NameServer] = []
    for part in text.split(separator: ",") {
      guard let server = NameServer(part) else {
        throw .permanent(
          "\(url): '\(part)' is not a DNS server", hint: "Write servers=host:port,host:port.")
      }
      servers.append(server)
    }
    return servers
  }
}
