import JSON
import Resources
import Rollouts

/// The mapping of one base path of a custom domain of API Gateway.
///
/// Source: the API reference of API Gateway (REST APIs), `GetBasePathMapping`,
/// `UpdateBasePathMapping`, `CreateBasePathMapping`, `DeleteBasePathMapping` and `GetRestApis`.
struct BasePathMappings: Sendable {
  struct Mapping: Codable, Hashable, Sendable {
    var api: String
    /// Nil where callers name the stage themselves.
    var stage: String?

    func isSame(as other: Mapping?) -> Bool {
      guard let other, api.hasSameBytes(as: other.api) else { return false }
      return (stage ?? "").hasSameBytes(as: other.stage ?? "")
    }

    var text: String { stage.map { "\(api), stage \($0)" } ?? api }
  }

  /// What stands for an empty base path.
  static let noPath = "(none)"
  private static let pagesMax = 100
  private static let pageSize = 500

  let domain: String
  let basePath: String
  let service: CloudService

  init(domain: String, basePath: String?, _ account: CloudAccount, in site: Site) {
    self.domain = domain
    self.basePath = basePath.flatMap { $0.isEmpty ? nil : $0 } ?? Self.noPath
    service = CloudService("apigateway", at: account.place, in: site)
  }

  var title: String { "the mapping of \(domain)" + (basePath == Self.noPath ? "" : "/\(basePath)") }
  private var root: String { "/domainnames/\(URLTemplate.encoded(domain))" }
  private var path: String { "\(root)/basepathmappings/\(URLTemplate.encoded(basePath))" }

  static func right(
    _ operation: String, _ method: String, _ path: String, _ account: CloudAccount
  ) -> CloudUse {
    let region = account.region ?? "*"
    let partition = CloudPartition.of(account.region).rawValue
    return CloudUse(
      "apigateway", operation, method: method, at: account.place,
      on: "arn:\(partition):apigateway:\(region)::\(path)")
  }

  /// The rights to look at a mapping.
  static func looks(at domain: String, _ account: CloudAccount) -> [StepRight] {
    [
      .look(right("GetDomainName", "GET", "/domainnames/\(domain)", account)),
      .look(
        right(
          "GetBasePathMapping", "GET", "/domainnames/\(domain)/basepathmappings/*", account)),
    ]
  }

  private func ask(
    _ operation: String, _ method: String, _ path: String, _ input: JSONValue = .null,
    about what: String? = nil
  ) async throws(Failure) -> CloudService.Answer {
    // Without this header the answers are in HAL.
    try await service.call(
      operation, input, about: what ?? title, route: (method, path),
      headers: [("Accept", "application/json")])
  }

  private static let absent = "NotFoundException"

  /// What is mapped; nil when API Gateway says that nothing is.
  ///
  /// A domain that is not there is a failure, unless `domainMayBeAbsent`.
  func current(domainMayBeAbsent: Bool = false) async throws(Failure) -> Mapping? {
    switch try await ask("GetBasePathMapping", "GET", path) {
    case .answer(let answer):
      guard let api = answer["restApiId"]?.string else {
        throw .transient(
          "\(title): API Gateway did not say what is mapped", hint: "It is tried again.")
      }
      let stage = answer["stage"]?.string.flatMap { $0.isEmpty ? nil : $0 }
      return Mapping(api: api, stage: stage)
    case .error(Self.absent, _):
      if !domainMayBeAbsent { try await checkDomain() }
      return nil
    case .error(_, let failure): throw failure
    }
  }

  /// A domain and a mapping that are not there have the same error.
  private func checkDomain() async throws(Failure) {
    switch try await ask("GetDomainName", "GET", root, about: "the domain \(domain)") {
    case .answer: return
    case .error(Self.absent, _):
      throw .permanent(
        "API Gateway has no custom domain \(domain) here",
        hint: "Correct the name or the region, or make the domain first.")
    case .error(_, let failure): throw failure
    }
  }

  func create(_ mapping: Mapping) async throws(Failure) {
    var input: JSONValue = ["basePath": .string(basePath), "restApiId": .string(mapping.api)]
    if let stage = mapping.stage { input["stage"] = .string(stage) }
    switch try await ask("CreateBasePathMapping", "POST", "\(root)/basepathmappings", input) {
    // Somebody was faster, perhaps a try of our own whose answer was lost; the caller looks again.
    case .answer, .error("ConflictException", _): return
    case .error(_, let failure): throw failure
    }
  }

  /// Points the mapping elsewhere in one request, so that there is no moment without one.
  ///
  /// Only what differs is named in it.
  func replace(_ current: Mapping, with mapping: Mapping) async throws(Failure) {
    func replace(_ path: String, _ value: String) -> JSONValue {
      ["op": "replace", "path": .string(path), "value": .string(value)]
    }
    var patches: [JSONValue] = []
    if !mapping.api.hasSameBytes(as: current.api) {
      patches.append(replace("/restapiId", mapping.api))
    }
    if !(mapping.stage ?? "").hasSameBytes(as: current.stage ?? "") {
      patches.append(replace("/stage", mapping.stage ?? ""))
    }
    let input: JSONValue = ["patchOperations": .array(patches)]
    switch try await ask("UpdateBasePathMapping", "PATCH", path, input) {
    case .answer: return
    case .error(_, let failure): throw failure
    }
  }

  func delete() async throws(Failure) {
    switch try await ask("DeleteBasePathMapping", "DELETE", path) {
    case .answer, .error(Self.absent, _): return
    case .error(_, let failure): throw failure
    }
  }

  /// The one REST API of that name, looked for on all pages; none and several are failures.
  func id(ofAPI name: String) async throws(Failure) -> String {
    var found: [String] = []
    var position: String?
    for _ in 0..<Self.pagesMax {
      let more = position.map { "&position=\(URLTemplate.encoded($0))" } ?? ""
      let answer = try await ask(
        "GetRestApis", "GET", "/restapis?limit=\(Self.pageSize)\(more)", about: "the API \(name)")
      guard case .answer(let page) = answer else {
        guard case .error(_, let failure) = answer else { continue }
        throw failure
      }
      for api in page["item"]?.elements ?? []
      where api["name"]?.string?.hasSameBytes(as: name) == true {
        if let id = api["id"]?.string { found.append(id) }
      }
      position = page["position"]?.string
      guard let position, !position.isEmpty else {
        return try one(found, name)
      }
    }
    throw .refused(
      "there are more than \(Self.pagesMax * Self.pageSize) REST APIs here",
      hint: "Use a region or an account with fewer.")
  }

  private func one(_ found: [String], _ name: String) throws(Failure) -> String {
    guard found.count <= 1 else {
      throw .refused(
        "\(found.count) REST APIs are called \(name): \(found.joined(separator: ", "))",
        hint: "Delete or rename those that are left over; which one is meant is not guessed.")
    }
    guard let id = found.first else {
      throw .permanent(
        "there is no REST API \(name) here", hint: "Correct its name or region, or deploy it.")
    }
    return id
  }
}
