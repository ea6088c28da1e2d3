import JSON
package import Resources
import Wire

/// Calls any operation of any service of AWS that stands in the table.
///
/// JSON services take their input as it is; for query services it is flattened, and for EC2 too.
/// REST services need a `route`; an input that is a text is sent as it stands (such as the XML that
/// S3 wants), anything else as JSON. Answers in XML come back as JSON: see ``XMLNode/json``.
package struct AWSCloud: CloudExchange {
  let session: AWSSession

  package init(_ session: AWSSession) { self.session = session }

  /// How long to wait for a connection, whatever else a call may take.
  private static let connectingMax: Duration = .seconds(10)

  package func call(
    _ call: CloudCall, in context: ProviderContext
  ) async throws(CloudFailure) -> CloudReply {
    let known: KnownService
    var client: AWSClient
    let request: AWSCall
    do throws(Failure) {
      known = try KnownService(named: call.service)
      let region = try session.region(at: call.place)
      client = try session.client(
        known.service, at: known.home(of: call.place, region), purpose: context.purpose)
      if let url = call.endpoint {
        client.endpoint = AWSEndpoint(at: url, signingRegion: client.endpoint.signingRegion)
      }
      request = try Self.request(call, known)
    } catch {
      throw .wire(error, wasSent: false)
    }
    do throws(AWSFailure) {
      let reply = try await client.send(request)
      return CloudReply(
        status: reply.status, headers: reply.headers.fields.map { ($0.name, $0.value) },
        body: call.keepsXML ? reply.body : try Self.body(reply, known, client, call.operation))
    } catch {
      let failure = error.failure("\(call.service) in \(client.region)")
      if let code = error.code { throw .service(code: code, failure) }
      throw .wire(failure, wasSent: error.wasSent)
    }
  }

  private static func request(
    _ call: CloudCall, _ known: KnownService
  ) throws(Failure) -> AWSCall {
    var request = AWSCall(call.operation, isRepeatable: call.isRepeatable)
    request.limits = HTTPLimits(
      connecting: min(call.timeLimit, connectingMax), transfer: call.timeLimit,
      // A function that works for minutes is silent for minutes.
      stall: max(call.timeLimit, .seconds(1)), bodyBytesMax: HTTPLimits.standard.bodyBytesMax)
    switch known.service.dialect {
    case .json(let version, let target):
      request.headers.set("Content-Type", "application/x-amz-json-\(version)")
      request.headers.set("X-Amz-Target", "\(target).\(call.operation)")
      request.body = call.input.isEmpty ? Array("{}".utf8) : call.input
    case .query(let version):
      let pairs = try QueryForm.pairs(try value(call.input, call), known)
      request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
      request.body = Array(
        ([("Action", call.operation), ("Version", version)] + pairs)
          .map { "\(PercentEncoding.escape($0.0))=\(PercentEncoding.escape($0.1))" }
          .joined(separator: "&").utf8)
    case .restJSON:
      try route(call, to: &request)
      request.body = call.input
      if !call.input.isEmpty { request.headers.set("Content-Type", "application/json") }
    case .restXML:
      try route(call, to: &request)
      guard !call.input.isEmpty else { break }
      guard let text = try value(call.input, call).string else {
        throw .permanent(
          "\(call.service) takes its input as XML", hint: "Write the XML as a text.")
      }
      request.body = Array(text.utf8)
      request.headers.set("Content-Type", "application/xml")
    }
    for header in call.headers { request.headers.set(header.name, header.value) }
    return request
  }

  private static func value(_ input: [UInt8], _ call: CloudCall) throws(Failure) -> JSONValue {
    if input.isEmpty { return .object([]) }
    do throws(JSONError) {
      return try JSONValue(reading: input)
    } catch {
      throw .permanent(
        "the input of \(call.service) \(call.operation) is not JSON: \(error)",
        hint: "Mend the playbook.")
    }
  }

  /// Takes method, path and query over; the path is percent-encoded already, its query too.
  private static func route(_ call: CloudCall, to request: inout AWSCall) throws(Failure) {
    guard let route = call.route else {
      throw .permanent(
        "\(call.service) is reached by method and path, and none are given",
        hint: "Give 'route' as the API reference of the service has it: { method: \"GET\", "
          + "path: \"/2015-03-31/functions\" }.")
    }
    request.method = route.method.uppercased()
    let parts = route.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = parts.first, path.hasPrefix("/") else {
      throw .permanent(
        "the path '\(route.path)' does not begin with '/'", hint: "Mend the step's 'route'.")
    }
    request.path = String(path)
    guard parts.count == 2 else { return }
    for pair in parts[1].split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      request.query.append(
        (
          name: try decoded(halves[0], route.path),
          value: halves.count == 2 ? try decoded(halves[1], route.path) : nil
        ))
    }
  }

  private static func decoded(_ text: Substring, _ path: String) throws(Failure) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
        rest.count >= 2
      else {
        throw .permanent(
          "'\(path)' holds a '%' that two hexadecimal digits do not follow",
          hint: "Mend the step's 'route'.")
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func body(
    _ reply: Wire.HTTPReply, _ known: KnownService, _ client: AWSClient, _ operation: String
  ) throws(AWSFailure) -> [UInt8] {
    switch known.service.dialect {
    case .json:
      guard reply.body.isEmpty else { return reply.body }
      guard !AWSClient.isQuestion(operation) else {
        throw AWSFailure(.malformed("it is empty"), operation: client.name(operation))
      }
      return Array("{}".utf8)
    case .query:
      let root = try client.answer(reply, operation)
      let result = root.first("\(operation)Result") ?? root
      var value = result.json
      if value.string?.allSatisfy(\.isWhitespace) == true { value = .object([]) }
      value["ResponseMetadata"] = nil
      return value.compact()
    case .restJSON:
      if reply.body.isEmpty { return Array("{}".utf8) }
      if (try? JSONValue(reading: reply.body)) != nil { return reply.body }
    case .restXML:
      if reply.body.isEmpty { return Array("{}".utf8) }
      if let root = XMLNode(reading: reply.body) { return root.json.compact() }
    }
    // Such as an object's content: a text, as far as it is one.
    return JSONValue.string(String(decoding: reply.body, as: UTF8.self)).compact()
  }
}
