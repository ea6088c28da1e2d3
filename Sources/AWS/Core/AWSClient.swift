import Digests
package import JSON
import Resources
package import Wire

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
  package internal(set) var endpoint: AWSEndpoint
  /// Nil for calls that are not signed.
  let credentials: (any CredentialSource)?
  /// Told of every answer that asks to slow down, before the call is sent again.
  package var onThrottle: (@Sendable (AWSFailure) -> Void)?

  /// Sends a call until it is answered for good; any status below 300 is a good answer, and 304.
  package func send(_ call: AWSCall) async throws(AWSFailure) -> Wire.HTTPReply {
    try await repeating(call) { (signed) async throws(AWSFailure) in
      try await sendOnce(signed.request, call)
    }
  }

  /// Sends a call whose body, or whose answer's body, is too large to hold.
  ///
  /// It is tried again, the source opened anew, until a good answer begins; what happens to its
  /// body then is the caller's affair. The signature cannot cover the bytes of a source, so `payload`
  /// must say what it is to cover.
  package func stream(
    _ call: AWSCall, body: HTTPBodySource? = nil
  ) async throws(AWSFailure) -> HTTPStreamedReply {
    var call = call
    var body = body
    var chunks: (upload: ChunkedUpload, source: HTTPBodySource, byteCount: Int)?
    if case .chunked(let upload) = call.payload {
      guard let source = body, let count = source.byteCount else {
        preconditionFailure("a chunked upload needs a source that knows its length")
      }
      upload.announce(byteCount: count, in: &call.headers)
      chunks = (upload, source, count)
    }
    return try await repeating(call) { (signed) async throws(AWSFailure) in
      if let (upload, source, count) = chunks, let signature = signed.chunks {
        body = upload.encode(source, byteCount: count, signature: signature)
      }
      return try await streamOnce(signed.request, call, body)
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
    return try answer(reply, operation)
  }

  package func value(_ reply: Wire.HTTPReply, _ operation: String) throws(AWSFailure) -> JSONValue {
    // Operations with nothing to tell answer with no body at all; a question never has that answer.
    if reply.body.isEmpty, !Self.isQuestion(operation) { return .object([]) }
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

  /// Whether an operation is asked for what it answers.
  package static func isQuestion(_ operation: String) -> Bool {
    ["Get", "List", "Describe", "AdminGet", "AdminList"].contains { operation.hasPrefix($0) }
  }

  /// The root of a query service's answer, which names the operation; a proxy's page does not.
  package func answer(
    _ reply: Wire.HTTPReply, _ operation: String
  ) throws(AWSFailure) -> XMLNode {
    let root = try xml(reply, operation)
    guard root.name == "\(operation)Response" || root.first("\(operation)Result") != nil else {
      throw AWSFailure(
        .malformed("it is '\(root.name)' and no answer of the service"),
        operation: name(operation))
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

  private struct Signed {
    let request: HTTPRequest
    let chunks: ChunkSignature?
    let credentials: SigningCredentials?
    /// The moment that the signature names.
    let time: Int64
  }

  /// Signs and tries until it succeeds or fails for good.
  private func repeating<Answer>(
    _ call: AWSCall, _ once: (Signed) async throws(AWSFailure) -> Answer
  ) async throws(AWSFailure) -> Answer {
    var attempt = 0
    var refused: SigningCredentials?
    var hasSetClock = false
    while true {
      attempt += 1
      let failure: AWSFailure
      let signed = try await sign(call, refusing: refused)
      do throws(AWSFailure) {
        return try await once(signed)
      } catch {
        failure = error
      }
      if !hasSetClock, learnsTime(from: failure, signedAt: signed.time, method: call.method) {
        hasSetClock = true
        continue
      }
      if let code = failure.code, AWSFailure.expiredCodes.contains(code), refused == nil,
        signed.credentials != nil
      {
        refused = signed.credentials
        continue
      }
      let mayRepeat = call.isRepeatable || !failure.wasSent || failure.isThrottled
      if failure.isThrottled, call.leavesThrottling { throw failure }
      guard failure.isTransient, mayRepeat, attempt < Self.attemptsMax else { throw failure }
      try await rest(after: failure, attempt: attempt)
    }
  }

  private func sign(
    _ call: AWSCall, refusing old: SigningCredentials?
  ) async throws(AWSFailure) -> Signed {
    do throws(Failure) {
      var request = HTTPRequest(
        call.method, url(call), headers: call.headers, body: call.body, limits: call.limits)
      // On a kept connection that turns out to be closed, libcurl sends a request once more.
      if !call.isRepeatable { request.connection = .fresh }
      guard let credentials else {
        return Signed(
          request: request, chunks: nil, credentials: nil, time: session.signingTime)
      }
      let keys = try await credentials.credentials(refusing: old)
      let signature = SignatureV4(
        region: endpoint.signingRegion, service: service.signingName, keys: session.signingKeys)
      let time = session.signingTime
      let signed = signature.signed(request, with: keys, at: time, payload: call.payload)
      return Signed(
        request: signed.request, chunks: signed.chunks, credentials: keys, time: time)
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
      throw failure(error, call)
    }
    if let text = reply.headers.first("X-Amz-Crc32"), let told = UInt32(text),
      call.method != "HEAD", told != CRC.iso32(reply.body)
    {
      throw AWSFailure(
        .malformed("its checksum is not that of its bytes"), operation: name(call.operation),
        requestID: reply.headers.first("x-amzn-RequestId"))
    }
    guard reply.status < 300 || reply.status == 304 else {
      throw AWSErrorReply(reply).failure(
        operation: name(call.operation), at: session.clock.now())
    }
    return reply
  }

  /// An error's body is read whole; one longer than this is not an error of AWS.
  private static let errorBytesMax = 1 << 20

  private func streamOnce(
    _ request: HTTPRequest, _ call: AWSCall, _ body: HTTPBodySource?
  ) async throws(AWSFailure) -> HTTPStreamedReply {
    let error: AWSErrorReply
    do throws(HTTPFailure) {
      let reply = try await session.http.stream(request, body: body)
      if reply.status < 300 || reply.status == 304 { return reply }
      let content = try await reply.rest(bytesMax: Self.errorBytesMax)
      error = AWSErrorReply(status: reply.status, headers: reply.headers, body: content)
    } catch {
      throw failure(error, call)
    }
    throw error.failure(operation: name(call.operation), at: session.clock.now())
  }

  /// What the source of a body threw itself stands in the place of the wire's words.
  private func failure(_ failure: HTTPFailure, _ call: AWSCall) -> AWSFailure {
    if let cause = failure.cause as? Failure {
      return AWSFailure(.local(cause), operation: name(call.operation))
    }
    return AWSFailure(.transport(failure), operation: name(call.operation))
  }

  /// Services take signatures that are up to five minutes old.
  private static let skewSecondsMin: Int64 = 240

  /// Corrects the clock if the service's own, in its answer, differs enough to be the reason.
  private func learnsTime(
    from failure: AWSFailure, signedAt time: Int64, method: String
  ) -> Bool {
    guard case .service(let code, _, let status) = failure.kind, let told = failure.serviceTime,
      abs(told - time) >= Self.skewSecondsMin
    else { return false }
    // An answer to HEAD has no body, and so no code that would say it.
    let isAboutTime =
      AWSFailure.clockCodes.contains(code) || method == "HEAD" && (status == 403 || status == 400)
    guard isAboutTime else { return false }
    session.noteServiceTime(told)
    return true
  }

  private func rest(after failure: AWSFailure, attempt: Int) async throws(AWSFailure) {
    if failure.isThrottled { onThrottle?(failure) }
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
