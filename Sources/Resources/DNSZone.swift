/// A DNS zone whose record sets can be read and replaced.
///
/// Laws, run against every provider by `DNSZoneLaws`:
/// - `recordSets` returns an empty list only when the zone surely has none at that name.
/// - `replace` changes everything it names at once or nothing, and only if the zone still holds
///   `former`; what is already as wanted is success and leaves the serial alone.
/// - What is put back is what was there: values, order-free, and TTL.
package protocol DNSZone: Sendable {
  var url: ResourceURL { get }
  /// The zone's name, absolute and lower-case, such as `example.test.`.
  func origin() async throws(Failure) -> String
  /// All record sets at one absolute name.
  func recordSets(at name: String) async throws(Failure) -> [RecordSet]
  /// Replaces the sets at `name` whose types occur in `former` or `wanted`.
  ///
  /// A zone that holds neither `former` nor `wanted` there is left alone: `.refused`, naming both.
  func replace(at name: String, former: [RecordSet], with wanted: [RecordSet])
    async throws(Failure)
  /// The servers that must give the new answer before a change counts as published; empty when
  /// nothing serves the zone (a zone file).
  func servers() async throws(Failure) -> [NameServer]
  /// The zone's serial now; nil where the provider has none.
  func serial() async throws(Failure) -> UInt32?
  /// Returns once every server has what the zone holds at a name, by the provider's own word.
  ///
  /// False where the provider gives no such word, so that servers must be asked.
  func awaitPublication(at name: String) async throws(Failure) -> Bool
  /// Why nobody here can ask ``servers()``; nil when they can be asked.
  func seclusion() async throws(Failure) -> String?
}

extension DNSZone {
  package func awaitPublication(at name: String) async throws(Failure) -> Bool { false }
  package func seclusion() async throws(Failure) -> String? { nil }
}

/// All records of one name and type; where a zone chooses among several such sets, one of them.
package struct RecordSet: Sendable, Hashable, Codable {
  /// Absolute, lower-case, with the final dot.
  package var name: String
  /// The type's mnemonic, such as `CNAME`.
  package var type: String
  package var ttlSeconds: Int
  /// In the presentation form of RFC 1035, sorted by bytes.
  package var values: [String]
  /// Whose addresses the zone answers with in place of values; the TTL is then the other's own.
  package var alias: AliasTarget?
  /// What tells sets of one name and type apart; nil where there is only one.
  package var setIdentifier: String?
  /// When the zone chooses this set; nil where there is only one.
  package var routing: RoutingPolicy?
  /// The health check without whose word the zone does not choose this set.
  package var healthCheck: String?

  package init(
    name: String, type: String, ttlSeconds: Int, values: [String] = [], alias: AliasTarget? = nil,
    setIdentifier: String? = nil, routing: RoutingPolicy? = nil, healthCheck: String? = nil
  ) {
    self.name = name
    self.alias = alias
    self.setIdentifier = setIdentifier
    self.routing = routing
    self.healthCheck = healthCheck
    self.type = type
    self.ttlSeconds = ttlSeconds
    self.values = values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

extension RecordSet {
  /// What the set leads to when somebody looks for `type`; empty when it never answers that.
  ///
  /// `ALIAS` asks for the names of aliases, which no name server tells.
  package func targets(of type: String) -> [String] {
    if case .weighted(0)? = routing { return [] }
    if type == "ALIAS" { return alias.map { [$0.name] } ?? [] }
    return self.type == type ? values : []
  }
}

/// What an alias of Route 53 leads to.
package struct AliasTarget: Sendable, Hashable, Codable {
  /// The TTL of load balancers, distributions and buckets, which are what most aliases lead to.
  package static let ttlSeconds = 60

  /// Absolute, lower-case, with the final dot.
  package var name: String
  /// The zone that holds the target: of the service, or the alias's own zone.
  package var zone: String
  package var evaluatesHealth: Bool

  package init(name: String, zone: String, evaluatesHealth: Bool) {
    self.name = name
    self.zone = zone
    self.evaluatesHealth = evaluatesHealth
  }
}

/// How a zone chooses among several sets of one name and type.
package enum RoutingPolicy: Sendable, Hashable, Codable {
  /// In proportion to the weights.
  case weighted(Int)
  /// The region that is nearest in time.
  case latency(region: String)
  /// `PRIMARY` or `SECONDARY`.
  case failover(String)
  case geolocation(continent: String?, country: String?, subdivision: String?)
  case multivalue
  case network(collection: String, location: String)
  case proximity(
    region: String?, localZoneGroup: String?, latitude: String?, longitude: String?, bias: Int?)
  /// Managed by a traffic policy; such sets are not changed here.
  case policyInstance(String)
}

/// Where a name server answers.
package struct NameServer: Sendable, Hashable, Codable, CustomStringConvertible {
  package var host: String
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  package var description: String { "\(host):\(port)" }
}

/// What one server answers; the remaining TTL is the server's word.
package enum DNSAnswer: Sendable, Hashable {
  case records(RecordSet)
  /// The name exists, not this type.
  case noData
  case noSuchName
}

/// Asks a given server, so that a change can be confirmed where it counts.
package protocol DNSResolver: Sendable {
  /// Throws when the server does not answer or answers with an error: that is "cannot tell".
  func ask(_ server: NameServer, name: String, type: String) async throws(Failure) -> DNSAnswer
}
