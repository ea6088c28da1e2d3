import JSON
import Resources
import Rollouts

/// A search domain as its service describes it: OpenSearch, or Elasticsearch in the older interface.
///
/// Source: `DescribeDomain` in the API reference of OpenSearch Service (2021-01-01) and
/// `DescribeElasticsearchDomain` (2015-01-01).
struct SearchDomains: Sendable {
  enum Interface: String, Codable, Sendable, CaseIterable {
    case opensearch
    case es
  }

  struct State: Sendable {
    /// All host names of the domain, the one to use first; none while it is being made.
    let endpoints: [String]
    /// Why it is not ready; nil when it is.
    let unready: String?
    let isBeingDeleted: Bool
    /// What will not change by itself; nil for none.
    let broken: String?
  }

  static let serviceField = InputField.optional(
    "service", .choice(Interface.allCases.map(\.rawValue)),
    "By which interface the domain is managed.", default: Interface.opensearch.rawValue)

  let name: String
  private let interface: Interface
  private let service: CloudService

  init(_ name: String, _ interface: Interface?, _ account: CloudAccount, in site: Site) {
    self.name = name
    self.interface = interface ?? .opensearch
    service = CloudService(self.interface.rawValue, at: account.place, in: site)
  }

  var title: String { "the search domain \(name)" }

  private var root: String {
    switch interface {
    case .opensearch: "/2021-01-01/opensearch/domain"
    case .es: "/2015-01-01/es/domain"
    }
  }

  private var path: String { "\(root)/\(URLTemplate.encoded(name))" }

  private var noun: String {
    switch interface {
    case .opensearch: "Domain"
    case .es: "ElasticsearchDomain"
    }
  }

  static func use(
    _ verb: String, _ name: String, _ interface: Interface?, _ account: CloudAccount
  ) -> CloudUse {
    let noun = interface == .es ? "ElasticsearchDomain" : "Domain"
    return CloudUse(
      (interface ?? .opensearch).rawValue, verb + noun, at: account.place,
      on: account.name("es", "domain/\(name)"))
  }

  private static let absent = "ResourceNotFoundException"

  /// Nil when the service says that there is no such domain.
  func state() async throws(Failure) -> State? {
    switch try await service.call("Describe\(noun)", .null, about: title, route: ("GET", path)) {
    case .error(Self.absent, _): return nil
    case .error(_, let failure): throw failure
    case .answer(let answer):
      guard let status = answer["DomainStatus"], !status.isNull else {
        throw .transient(
          "\(title): the answer does not tell how it is", hint: "It is tried again.")
      }
      return Self.state(status)
    }
  }

  private static func state(_ status: JSONValue) -> State {
    var endpoints = [status["Endpoint"], status["EndpointV2"]].compactMap { $0?.string }
    endpoints += (status["Endpoints"]?.members ?? []).compactMap(\.value.string)
    endpoints = endpoints.filter { !$0.isEmpty }
    let phase = status["DomainProcessingStatus"]?.string ?? ""
    let isBeingDeleted = status["Deleted"]?.bool == true || phase == "Deleting"
    let unready: String? =
      if isBeingDeleted {
        "it is being deleted"
      } else if status["Processing"]?.bool == true || status["UpgradeProcessing"]?.bool == true {
        "it is being changed\(phase.isEmpty ? "" : " (\(phase))")"
      } else if status["Created"]?.bool == false {
        "it is being made"
      } else if endpoints.isEmpty {
        "it has no endpoint yet"
      } else {
        nil
      }
    return State(
      endpoints: endpoints, unready: unready, isBeingDeleted: isBeingDeleted,
      broken: phase == "Isolated" ? "it is isolated: AWS has taken it out of service" : nil)
  }

  /// Makes the domain; one that is there already is success.
  func create(_ definition: JSONValue) async throws(Failure) {
    var input = definition
    input["DomainName"] = .string(name)
    let answer = try await service.call(
      "Create\(noun)", input, about: title, route: ("POST", root))
    switch answer {
    case .answer, .error("ResourceAlreadyExistsException", _): return
    case .error(_, let failure): throw failure
    }
  }

  /// A domain that is not there any more is success.
  func delete() async throws(Failure) {
    switch try await service.call("Delete\(noun)", .null, about: title, route: ("DELETE", path)) {
    case .answer, .error(Self.absent, _): return
    case .error(_, let failure): throw failure
    }
  }
}
