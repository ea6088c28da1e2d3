import Glibc

/// A socket address of a server.
struct DNSAddress: Sendable {
  /// Addresses of one name that are tried.
  static let countMax = 8

  let family: Int32
  private let bytes: [UInt8]

  func withPointer<Answer>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
  ) -> Answer {
    bytes.withUnsafeBytes { raw in
      // getaddrinfo made the bytes, so that at least a family is there.
      guard let start = raw.baseAddress else { preconditionFailure("an address without bytes") }
      return body(start.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
  }

  /// Asks the system for the addresses of a host; an address literal is its own answer.
  ///
  /// This blocks for as long as the system's resolver likes.
  static func lookUp(_ server: DNSEndpoint) throws(DNSFailure.Reason) -> [DNSAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(server.host, String(server.port), &hints, &list) == 0 else {
      throw .notResolved
    }
    defer { freeaddrinfo(list) }
    var addresses: [DNSAddress] = []
    var next = list
    while let entry = next?.pointee, addresses.count < countMax {
      if let address = entry.ai_addr {
        let raw = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        addresses.append(DNSAddress(family: entry.ai_family, bytes: Array(raw)))
      }
      next = entry.ai_next
    }
    guard !addresses.isEmpty else { throw .notResolved }
    return addresses
  }
}
