import JSON
import Resources
import Rollouts

/// Asks a service something that changes nothing.
struct CloudQuestion: Sendable {
  let site: Site
  let account: CloudAccount

  /// The answer; any error is thrown, naming the resource that was asked about.
  ///
  /// Services with a REST API are asked by a route, mostly without an input.
  func ask(
    _ service: String, _ operation: String, _ input: JSONValue, _ resource: String,
    route: (method: String, path: String)? = nil, headers: [(name: String, value: String)] = []
  ) async throws(Failure) -> JSONValue {
    let call = CloudCall(
      service: service, operation: operation, place: account.place,
      input: input.isNull ? [] : input.compact(), route: route, headers: headers)
    do throws(CloudFailure) {
      let reply = try await site.outside.cloud.call(call, in: site.context)
      guard let answer = try? JSONValue(reading: reply.body) else {
        throw .wire(
          .transient("\(service) gave an answer that cannot be read", hint: "It is tried again."),
          wasSent: true)
      }
      return answer
    } catch {
      let failure = error.failure
      throw Failure(
        failure.kind, site.secrets.redact("\(resource): \(failure.summary)"),
        hint: site.secrets.redact(failure.hint))
    }
  }
}
