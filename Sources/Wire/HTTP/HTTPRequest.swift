/// One HTTP request with its limits.
///
/// Sending it twice is two requests: nothing in it changes.
package struct HTTPRequest: Sendable {
  package var method: String
  package var url: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  package var limits: HTTPLimits

  /// Redirects to follow; zero hands the redirect itself to the caller.
  ///
  /// Only GET and HEAD are ever redirected, and never from https to http. A redirect to another
  /// host or port takes none of the headers along, because they may hold secrets for this one.
  package var redirectsMax = 0

  package var connection = Connection.shared

  /// Where to connect in place of the address that the name in the URL has.
  package var aim: HTTPAim?

  package init(
    _ method: String = "GET", _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    limits: HTTPLimits = .standard
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.limits = limits
  }

  /// How the request gets its connection.
  package enum Connection: Sendable {
    /// Reuses an open connection and a name looked up before.
    case shared
    /// Looks the name up anew and connects anew, so that a probe sees what a new visitor sees.
    ///
    /// Only such a request can tell about the server's certificate.
    case fresh
  }
}

/// Aims the requests for one host and port at another address.
///
/// The name in the URL stays what the server is asked for and what its certificate must carry, so
/// a probe can reach a stack before the zone points there. An aimed request bypasses proxies.
package struct HTTPAim: Sendable, Equatable {
  package var host: String
  package var port: Int
  /// An IP address (IPv6 without brackets) or another name.
  package var address: String
  /// The port to connect to; nil for that of the URL.
  package var addressPort: Int?

  package init(host: String, port: Int, address: String, addressPort: Int? = nil) {
    self.host = host
    self.port = port
    self.address = address
    self.addressPort = addressPort
  }
}

/// What a request may take: time and bytes.
package struct HTTPLimits: Sendable, Equatable {
  /// Looking up the name, connecting and the TLS handshake together.
  package var connecting: Duration
  /// The whole exchange, from looking up the name to the last byte.
  package var transfer: Duration
  /// The longest silence once connected.
  ///
  /// A transfer that waits for us, to take or give a piece of a streamed body, is not silent.
  package var stall: Duration
  /// A longer reply body is an error, never cut; a streamed one has no limit.
  package var bodyBytesMax: Int
  /// The longest wait for the reply's first byte once the request is sent; nil for that of `stall`.
  package var firstByte: Duration?

  package init(
    connecting: Duration, transfer: Duration, stall: Duration, bodyBytesMax: Int,
    firstByte: Duration? = nil
  ) {
    self.connecting = connecting
    self.transfer = transfer
    self.stall = stall
    self.bodyBytesMax = bodyBytesMax
    self.firstByte = firstByte
  }

  package static let standard = HTTPLimits(
    connecting: .seconds(10), transfer: .seconds(60), stall: .seconds(30),
    bodyBytesMax: 16 << 20)

  /// For streamed bodies of any size: as long as bytes move, there is time for a day.
  package static let streaming = HTTPLimits(
    connecting: .seconds(10), transfer: .seconds(86_400), stall: .seconds(30),
    bodyBytesMax: 16 << 20, firstByte: .seconds(60))
}
