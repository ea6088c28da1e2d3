package import Wire

/// One request to a service, before it has an endpoint and a signature.
package struct AWSCall: Sendable {
  /// The operation's name, for messages and permissions.
  package var operation: String
  package var method: String
  /// Percent-encoded, with its leading slash.
  package var path: String
  /// Names and values as they are, encoded when sent; a nil value is a name alone.
  package var query: [(name: String, value: String?)]
  package var headers: HTTPHeaders
  package var body: [UInt8]
  package var limits: HTTPLimits
  /// Whether sending it twice does no harm; if not, it is sent again only if it surely never left.
  package var isRepeatable: Bool
  /// Whether an answer that asks to slow down ends the call, since the caller keeps a pace of its
  /// own that must hear of it at once.
  package var leavesThrottling = false
  /// A label put before the endpoint's host, such as a bucket's name.
  package var hostLabel: String?
  package var payload: SignatureV4.Payload

  package init(
    _ operation: String, method: String = "POST", path: String = "/",
    query: [(name: String, value: String?)] = [], headers: HTTPHeaders = [:], body: [UInt8] = [],
    limits: HTTPLimits = .standard, isRepeatable: Bool = true, hostLabel: String? = nil,
    payload: SignatureV4.Payload = .body
  ) {
    self.operation = operation
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.limits = limits
    self.isRepeatable = isRepeatable
    self.hostLabel = hostLabel
    self.payload = payload
  }
}
