/// Sends one HTTP request and returns the whole reply.
///
/// Any status is a reply, not a failure. Throws when there is no reply: `.transient` for what may
/// go away (refused, timed out, dropped), `.permanent` for what will not (a bad certificate).
package protocol HTTPExchange: Sendable {
  func send(_ call: HTTPCall) async throws(Failure) -> HTTPReply
}

package struct HTTPCall: Sendable {
  package var method: String
  package var url: String
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  package var timeLimit: Duration
  /// The `host:port` to connect to instead of the URL's.
  ///
  /// So a stack can be probed before DNS points to it.
  package var connectTo: String?
  /// A file of PEM certificates to trust instead of the system's.
  package var authorities: String?
  package var followsRedirects: Bool

  package init(
    method: String = "GET", url: String, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], timeLimit: Duration = .seconds(30), connectTo: String? = nil,
    authorities: String? = nil, followsRedirects: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeLimit = timeLimit
    self.connectTo = connectTo
    self.authorities = authorities
    self.followsRedirects = followsRedirects
  }
}

package struct HTTPReply: Sendable {
  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  /// From the first byte sent to the last byte received.
  package var elapsed: Duration
  /// When the server's own certificate expires; nil without TLS.
  package var certificateExpires: Timestamp?

  package init(
    status: Int, headers: [(name: String, value: String)], body: [UInt8], elapsed: Duration,
    certificateExpires: Timestamp?
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.elapsed = elapsed
    self.certificateExpires = certificateExpires
  }

  /// The first header of that name, whatever its case.
  package func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.name.lowercased() == wanted }?.value
  }
}
