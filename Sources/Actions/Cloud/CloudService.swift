import JSON
import Resources
import Rollouts

/// One service of AWS in one place, as the verbs of an action speak to it.
///
/// What the service itself says is an answer, its errors too, so that "there is none" can be told
/// from "it may not be seen". What may pass by itself, what is forbidden and what brought no answer
/// at all is thrown.
struct CloudService: Sendable {
  enum Answer: Sendable {
    case answer(JSONValue)
    case error(code: String, Failure)
  }

  let name: String
  let place: CloudPlace
  let site: Site
  /// Where the calls go instead of to the service's own address; see ``CloudCall/endpoint``.
  var endpoint: String?

  init(_ name: String, at place: CloudPlace, in site: Site) {
    self.name = name
    self.place = place
    self.site = site
  }

  /// Calls an operation; `resource` is what messages say that it was about.
  ///
  /// Services with a REST API are called by a route. A call that may not be sent twice says so.
  func call(
    _ operation: String, _ input: JSONValue, about resource: String,
    route: (method: String, path: String)? = nil, headers: [(name: String, value: String)] = [],
    isRepeatable: Bool = true
  ) async throws(Failure) -> Answer {
    var call = CloudCall(
      service: name, operation: operation, place: place,
      input: input.isNull ? [] : input.compact(), route: route, headers: headers,
      isRepeatable: isRepeatable)
    call.endpoint = endpoint
    do throws(CloudFailure) {
      let reply = try await site.outside.cloud.call(call, in: site.context)
      if reply.body.isEmpty { return .answer(.object([])) }
      guard let answer = try? JSONValue(reading: reply.body) else {
        throw .wire(
          .transient("\(name) gave an answer that cannot be read", hint: "It is tried again."),
          wasSent: true)
      }
      return .answer(answer)
    } catch {
      switch error {
      case .wire(let failure, _): throw told(failure, resource)
      case .service(let code, let failure):
        guard failure.kind == .permanent else { throw told(failure, resource) }
        return .error(code: code, told(failure, resource))
      }
    }
  }

  /// Calls an operation of which only an answer is good.
  func ask(
    _ operation: String, _ input: JSONValue, about resource: String,
    route: (method: String, path: String)? = nil, isRepeatable: Bool = true
  ) async throws(Failure) -> JSONValue {
    let answer = try await call(
      operation, input, about: resource, route: route, isRepeatable: isRepeatable)
    switch answer {
    case .answer(let value): return value
    case .error(_, let failure): throw failure
    }
  }

  /// Reads by a route; the answer's headers and bytes, of which XML may be kept as it came.
  func reply(
    _ operation: String, about resource: String, route: (method: String, path: String),
    keepsXML: Bool
  ) async throws(Failure) -> CloudReply {
    var call = CloudCall(service: name, operation: operation, place: place, route: route)
    call.endpoint = endpoint
    call.keepsXML = keepsXML
    do throws(CloudFailure) {
      return try await site.outside.cloud.call(call, in: site.context)
    } catch {
      throw told(error.failure, resource)
    }
  }

  private func told(_ failure: Failure, _ resource: String) -> Failure {
    if failure.kind == .cancelled { return failure }
    return Failure(
      failure.kind, site.secrets.redact("\(resource): \(failure.summary)"),
      hint: site.secrets.redact(failure.hint))
  }
}

extension CloudPlace {
  /// The same credentials in another region; nil for this one.
  func moved(to region: String?) -> CloudPlace {
    var place = self
    if let region { place.region = region }
    return place
  }
}
