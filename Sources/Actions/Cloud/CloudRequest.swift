import JSON
import Resources
import Rollouts

/// One call as a playbook writes it: service, operation and input, or a route for REST services.
package struct CloudRequest: Decodable, Sendable {
  struct Route: Decodable, Sendable {
    var method: String
    var path: String
  }

  var service: String?
  var operation: String
  var input: JSONValue?
  var route: Route?
  var headers: [String: String]?
  var resource: String?

  /// Operations that only look; others are taken to change something.
  private static let lookingWords = [
    "Describe", "Get", "List", "Head", "BatchGet", "Query", "Scan", "Lookup", "Search", "Filter",
    "Simulate", "Check", "Test", "Validate", "Preview", "Estimate",
  ]

  static let fields: [InputField] = [
    .required("operation", .string, "The operation, such as UpdateFunctionConfiguration."),
    .optional("input", .secretAny, "Its input, as the API reference of the service has it."),
    .optional(
      "route",
      .object([
        .required("method", .string, "The HTTP method."),
        .required("path", .string, "The path and query, percent-encoded."),
      ]), "Method and path of a service with a REST API, such as lambda."),
    .optional("headers", .map(.secretText), "Headers to send besides."),
    .optional(
      "resource", .string, "The ARN that it touches, for 'cutover policy'; without it any."),
  ]

  static let serviceField = InputField.optional(
    "service", .string,
    "The service, as the command-line tool of AWS names it; by default that "
      + "of the step.")

  var isLooking: Bool { Self.lookingWords.contains { operation.hasPrefix($0) } }

  /// The call with its secrets in it, for sending at once.
  ///
  /// `values` stand in for `{name}` in the input and the route.
  func call(
    _ service: String, _ place: CloudPlace, values: [String: JSONValue] = [:],
    isRepeatable: Bool, timeLimit: Duration, in site: Site
  ) async throws(Failure) -> CloudCall {
    let template = CloudTemplate(values: values)
    var headers: [(name: String, value: String)] = []
    for (name, value) in (self.headers ?? [:]).sorted(by: { $0.key < $1.key }) {
      headers.append((name, try await site.secrets.reveal(value)))
    }
    var bytes: [UInt8] = []
    if let input {
      bytes = try await Self.revealed(try template.filled(input), site.secrets).compact()
    }
    return CloudCall(
      service: self.service ?? service, operation: operation, place: place, input: bytes,
      route: try route.map { (route) throws(Failure) in
        (route.method, try template.filled(path: route.path))
      }, headers: headers, isRepeatable: isRepeatable, timeLimit: timeLimit)
  }

  /// The value with every secret reference in its texts replaced.
  static func revealed(
    _ value: JSONValue, _ secrets: Secrets
  ) async throws(Failure) -> JSONValue {
    switch value {
    case .string(let text): return .string(try await secrets.reveal(text))
    case .array(let elements):
      var result: [JSONValue] = []
      for element in elements { result.append(try await revealed(element, secrets)) }
      return .array(result)
    case .object(let members):
      var result: [JSONValue.Member] = []
      for member in members {
        result.append(.init(member.name, try await revealed(member.value, secrets)))
      }
      return .object(result)
    case .null, .bool, .number: return value
    }
  }

  func use(_ service: String, _ place: CloudPlace) -> CloudUse {
    CloudUse(
      self.service ?? service, operation, method: route?.method, at: place, on: resource ?? "*")
  }

  /// The names that stand in braces.
  var names: Set<String> {
    CloudTemplate.names(in: input ?? .null)
      .union(route.map { URLTemplate(text: $0.path).names } ?? [])
  }
}
