/// Where a DNS server answers.
package struct DNSEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address; IPv6 without brackets.
  package let host: String
  package let port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  package var description: String {
    host.utf8.contains(0x3a) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
