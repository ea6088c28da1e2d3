import JSON
import Resources
import Rollouts

/// The documents of a search domain, their indices and aliases, over signed requests.
///
/// An index that is not there is nil; shards that did not answer are a failure for now, never a
/// smaller count. Source: the REST API reference of OpenSearch, which Elasticsearch 7 shares.
struct SearchData: Sendable {
  static let noIndex = "index_not_found_exception"
  /// A HEAD has no body that would say more than its status.
  static let absent: Set<String> = [noIndex, "NotFound", "404"]

  let endpoint: SearchEndpoint
  private let service: CloudService

  init(_ endpoint: SearchEndpoint, _ account: CloudAccount, in site: Site) {
    self.endpoint = endpoint
    var service = CloudService("es", at: endpoint.place(account.place), in: site)
    service.endpoint = endpoint.url
    self.service = service
  }

  /// A name as a part of a path.
  static func escaped(_ name: String) -> String { URLTemplate.encoded(name) }

  /// What the domain says; its own errors are answers too.
  func call(
    _ method: String, _ path: String, _ input: JSONValue = .null, about resource: String,
    isRepeatable: Bool = true
  ) async throws(Failure) -> CloudService.Answer {
    let verb = method.prefix(1) + method.dropFirst().lowercased()
    return try await service.call(
      "ESHttp\(verb)", input, about: resource, route: (method, path), isRepeatable: isRepeatable)
  }

  /// The answer; nil when the domain says that there is no such thing.
  func find(
    _ method: String, _ path: String, _ input: JSONValue = .null, about resource: String,
    absent: Set<String> = [SearchData.noIndex]
  ) async throws(Failure) -> JSONValue? {
    switch try await call(method, path, input, about: resource) {
    case .answer(let value): return value
    case .error(let code, let failure):
      if absent.contains(code) { return nil }
      throw failure
    }
  }

  /// An answer that not all shards took part in says too little.
  private func whole(_ answer: JSONValue, _ resource: String) throws(Failure) -> JSONValue {
    let shards = answer["_shards"]
    guard let failed = shards?["failed"]?.integer, failed == 0 else {
      throw .transient(
        "\(resource): \(shards?["failed"]?.text ?? "unknown many") shards did not answer",
        hint: "It is tried again; look at the health of the domain.")
    }
    return answer
  }

  /// How many documents an index or alias holds, or the whole domain; nil for no such index.
  func count(of index: String?, query: JSONValue? = nil) async throws(Failure) -> Int? {
    let resource = index.map { "the index \($0)" } ?? "the documents of the domain"
    let path = (index.map { "/\(Self.escaped($0))" } ?? "") + "/_count"
    let answer = try await find(
      query == nil ? "GET" : "POST", path, query.map { ["query": $0] } ?? .null, about: resource)
    guard let answer else { return nil }
    guard let count = try whole(answer, resource)["count"]?.integer else {
      throw .transient("\(resource): there is no count in the answer", hint: "It is tried again.")
    }
    return count
  }

  /// How many operations of an index are not yet safe without its log; nil for no such index.
  func operations(of index: String) async throws(Failure) -> Int? {
    let resource = "the index \(index)"
    let answer = try await find(
      "GET", "/\(Self.escaped(index))/_stats/translog", about: resource)
    guard let answer else { return nil }
    let indices = try whole(answer, resource)["indices"]?.members ?? []
    guard !indices.isEmpty else { return nil }
    var sum = 0
    for index in indices {
      guard let number = index.value["total"]?["translog"]?["operations"]?.integer else {
        throw .transient(
          "\(resource): its statistics do not tell of the translog", hint: "It is tried again.")
      }
      sum += number
    }
    return sum
  }

  /// The descriptions of reindexing tasks that run now, by their ids.
  func reindexings() async throws(Failure) -> [String: String] {
    let answer = try await call(
      "GET", "/_tasks?actions=*reindex&detailed=true", about: "the tasks of the domain")
    guard case .answer(let value) = answer else {
      guard case .error(_, let failure) = answer else { return [:] }
      throw failure
    }
    var found: [String: String] = [:]
    for node in value["nodes"]?.members ?? [] {
      for task in node.value["tasks"]?.members ?? []
      // Slices of a task belong to it.
      where task.value["parent_task_id"] == nil {
        found[task.name] = task.value["description"]?.string ?? ""
      }
    }
    return found
  }

  /// Whether there is an index or an alias of that name.
  func exists(_ name: String) async throws(Failure) -> Bool {
    try await find(
      "HEAD", "/\(Self.escaped(name))", about: "the index \(name)", absent: Self.absent) != nil
  }

  /// The indices that an alias stands for, in order of their names; empty for no such alias.
  func indices(behind alias: String) async throws(Failure) -> [String] {
    let answer = try await find(
      "GET", "/_alias/\(Self.escaped(alias))", about: "the alias \(alias)", absent: Self.absent)
    return (answer?.members ?? []).map(\.name).sorted()
  }

  /// The aliases of every index of the domain.
  func aliases() async throws(Failure) -> [String: [String]] {
    let answer = try await find("GET", "/_alias", about: "the aliases of the domain", absent: [])
    var found: [String: [String]] = [:]
    for index in answer?.members ?? [] {
      found[index.name] = (index.value["aliases"]?.members ?? []).map(\.name).sorted()
    }
    return found
  }

  /// Deletes an index; one that is not there is success.
  func delete(index: String) async throws(Failure) {
    _ = try await find(
      "DELETE", "/\(Self.escaped(index))", about: "the index \(index)", absent: Self.absent)
  }
}
