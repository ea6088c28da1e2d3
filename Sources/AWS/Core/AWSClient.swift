package import JSON
import Resources
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

/// Speaks to one service in one region with one set of credentials.
///
/// A call is signed anew for every try. Throttling, 5xx, dropped and unbelievable answers are tried
/// again with full jitter; a `Retry-After` wins. Expired credentials are renewed once, and a clock
/// that the service calls wrong is corrected once. What is thrown after that is final here.
package struct AWSClient: Sendable {
  static let attemptsMax = 8
  private static let firstWait: Duration = .milliseconds(100)
  private static let longestWait: Duration = .seconds(20)

  package let session: AWSSession
  package let service: AWSService
  package let region: String
  package let endpoint: AWSEndpoint
  let credentials: any CredentialSource

  /// Sends a call until it is answered for good; any status below 300 is a good answer, and 304.
  package func send(_ call: AWSCall) async throws(AWSFailure) -> Wire.HTTPReply {
    var attempt = 0
    var refused: SigningCredentials?
    var hasSetClock = false
    while true {
      attempt += 1
      let failure: AWSFailure
      let signed = try await sign(call, refusing: refused)
      do throws(AWSFailure) {
        return try await sendOnce(signed.request, call)
      } catch {
        failure = error
      }
      if let code = failure.code, AWSFailure.expiredCodes.contains(code), refused == nil {
        refused = signed.credentials
        continue
      }
      if !hasSetClock, case .service(_, _, _) = failure.kind, learnsTime(from: failure) {
        hasSetClock = true
        continue
      }
      let mayRepeat = call.isRepeatable || !failure.wasSent || failure.isThrottled
      guard failure.isTransient, mayRepeat, attempt < Self.attemptsMax else { throw failure }
      try await rest(after: failure, attempt: attempt)
    }
  }

  /// Calls an operation of a JSON service with a tree.
  package func json(
    _ operation: String, _ input: JSONValue, isRepeatable: Bool = true
  ) async throws(AWSFailure) -> JSONValue {
    let reply = try await json(operation, bytes: input.compact(), isRepeatable: isRepeatable)
    return try value(reply, operation)
  }

  /// Calls an operation of a JSON service with the bytes of its input.
  package func json(
    _ operation: String, bytes: [UInt8], isRepeatable: Bool = true
  ) async throws(AWSFailure) -> Wire.HTTPReply {
    guard case .json(let version, let target) = service.dialect else {
      preconditionFailure("\(service.name) does not speak JSON")
    }
    return try await send(
      AWSCall(
        operation,
        headers: [
          "Content-Type": "application/x-amz-json-\(version)",
          "X-Amz-Target": "\(target).\(operation)",
        ], body: bytes, isRepeatable: isRepeatable))
  }

  /// Calls an operation of a query service; parameters are flat: `Tags.member.1.Key`.
  package func query(
    _ operation: String, _ parameters: [(String, String)], isRepeatable: Bool = true
  ) async throws(AWSFailure) -> XMLNode {
    guard case .query(let version) = service.dialect else {
      preconditionFailure("\(service.name) does not speak the query protocol")
    }
    let form = ([("Action", operation), ("Version", version)] + parameters)
      .map { "\(PercentEncoding.escape($0.0))=\(PercentEncoding.escape($0.1))" }
      .joined(separator: "&")
    let reply = try await send(
      AWSCall(
        operation,
        headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"],
        body: Array(form.utf8), isRepeatable: isRepeatable))
    return try xml(reply, operation)
  }

  package func value(_ reply: Wire.HTTPReply, _ operation: String) throws(AWSFailure) -> JSONValue {
    if reply.body.isEmpty { return .object([]) }
    do throws(JSONError) {
      return try JSONValue(reading: reply.body)
    } catch {
      throw AWSFailure(.malformed("\(error)"), operation: name(operation))
    }
  }

  package func xml(_ reply: Wire.HTTPReply, _ operation: String) throws(AWSFailure) -> XMLNode {
    guard let root = XMLNode(reading: reply.body) else {
      throw AWSFailure(.malformed("it is not XML"), operation: name(operation))
    }
    return root
  }

  /// Service and operation, as policies write them.
  package func name(_ operation: String) -> String { "\(service.name):\(operation)" }

  private func url(_ call: AWSCall) -> String {
    var url = endpoint.url
    if let label = call.hostLabel { url.replace("://", with: "://\(label).", maxReplacements: 1) }
    url += call.path
    guard !call.query.isEmpty else { return url }
    let query = call.query.map { item in
      let name = PercentEncoding.escape(item.name)
      return item.value.map { "\(name)=\(PercentEncoding.escape($0))" } ?? name
    }
    return url + "?" + query.joined(separator: "&")
  }

  private func sign(
    _ call: AWSCall, refusing old: SigningCredentials?
  ) async throws(AWSFailure) -> (request: HTTPRequest, credentials: SigningCredentials) {
    do throws(Failure) {
      let keys = try await credentials.credentials(refusing: old)
      let request = HTTPRequest(
        call.method, url(call), headers: call.headers, body: call.body, limits: call.limits)
      let signature = SignatureV4(
        region: endpoint.signingRegion, service: service.signingName)
      return (
        signature.sign(request, with: keys, at: session.signingTime, payload: call.payload), keys
      )
    } catch {
      throw AWSFailure(.local(error), operation: name(call.operation))
    }
  }

  private func sendOnce(
    _ request: HTTPRequest, _ call: AWSCall
  ) async throws(AWSFailure) -> Wire.HTTPReply {
    let reply: Wire.HTTPReply
    do throws(HTTPFailure) {
      reply = try await session.http.send(request)
    } catch {
      throw AWSFailure(.transport(error), operation: name(call.operation))
    }
    guard reply.status < 300 || reply.status == 304 else {
      throw AWSErrorReply(reply).failure(operation: name(call.operation))
    }
    return reply
  }

  /// Corrects the clock if the service's own, in its answer, differs enough to matter.
  private func learnsTime(from failure: AWSFailure) -> Bool { false }

  private func rest(after failure: AWSFailure, attempt: Int) async throws(AWSFailure) {
    let most = min(Self.firstWait * (1 << min(attempt - 1, 16)), Self.longestWait)
    var wait = most * session.settings.random()
    if let asked = failure.retryAfterMilliseconds { wait = max(wait, .milliseconds(asked)) }
    do throws(CancellationError) {
      try await session.clock.sleep(for: wait)
    } catch {
      throw AWSFailure(.local(.cancelled), operation: failure.operation)
    }
  }
}
