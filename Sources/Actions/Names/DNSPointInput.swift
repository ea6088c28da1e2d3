import Resources
import Rollouts

/// What `dns.point` is told: a name and where it should point.
package struct DNSPointInput: Decodable, Sendable {
  struct Records: Decodable, Sendable {
    var type: String
    var values: [String]
  }

  struct Alias: Decodable, Sendable {
    var name: String
    var hostedZone: String?
    var profile: String?
    var role: String?
    var evaluateHealth: Bool?
    var types: [String]?
  }

  /// Whose word proves that the new answer is out.
  enum Proof: String, Decodable, Sendable, CaseIterable {
    /// Every name server is asked.
    case servers
    /// The zone's provider says that all of its servers have it.
    case provider
  }

  var zone: ResourceURL
  var name: String
  var cname: String?
  var a: [String]?
  var aaaa: [String]?
  var records: [Records]?
  var alias: Alias?
  var setIdentifier: String?
  var weight: Int?
  var replaceRouted: Bool?
  var weights: [String: Int]?
  var healthCheck: String?
  var confirm: Proof?
  var ttl: Int?
  var lowerTTL: Int?
  var resolvers: [String]?
  var confirmWithin: PlaybookDuration?

  /// The longest TTL that RFC 2181 allows is 68 years; more than a week is a slip.
  static let secondsMax = 604_800

  static let fields: [InputField] = [
    .required(
      "zone", .resource(.zone), "The zone that holds the name.",
      uses: [.look, .read, .write]),
    .required("name", .string, "The full name to point, such as www.example.org."),
    .optional("cname", .string, "The host name to point to; nothing else may be given then."),
    .optional("a", .list(.string), "IPv4 addresses to point to."),
    .optional("aaaa", .list(.string), "IPv6 addresses to point to."),
    .optional(
      "records",
      .list(
        .object([
          .required("type", .string, "The record type, such as TXT."),
          .required("values", .list(.string), "Values as in a zone file."),
        ])), "Records of other types, instead of cname, a and aaaa."),
    .optional(
      "alias",
      .object([
        .required("name", .string, "The DNS name of a load balancer, distribution or other name."),
        .optional(
          "hostedZone", .string,
          "The hosted zone id of the target; found by its name for load balancers, CloudFront, "
            + "Global Accelerator, S3 websites and API Gateway."),
        .optional(
          "profile", .string,
          "The profile that may look at the target, where it is asked for; by default the zone's."),
        .optional("role", .string, "The ARN of a role to take on for that."),
        .optional(
          "evaluateHealth", .boolean, "Whether an unhealthy target is not answered with.",
          default: "false"),
        .optional("types", .list(.string), "A, AAAA or both.", default: "[\"A\"]"),
      ]), "What the zone itself resolves in place of values (Route 53)."),
    .optional(
      "setIdentifier", .string,
      "Which of several sets is meant; it keeps its routing, whatever that is, and the others stay "
        + "as they are (Route 53)."),
    .optional(
      "weight", .integer(0...255), "The weight of that set, which is made if it is missing."),
    .optional(
      "replaceRouted", .boolean,
      "Whether one answer may take the place of all sets that the zone chooses among.",
      default: "false"),
    .optional(
      "weights", .map(.integer(0...255)),
      "New weights of sets that are there, by their identifiers, all changed at once."),
    .optional("healthCheck", .string, "The id of a health check that the set depends on."),
    .optional(
      "confirm", .choice(Proof.allCases.map(\.rawValue)),
      "Whose word proves the change: each name server's, or the provider's (Route 53: INSYNC).",
      default: Proof.servers.rawValue),
    .optional(
      "ttl", .integer(1...secondsMax),
      "Seconds that the new records may be cached; by default as before, or 300."),
    .optional(
      "lowerTTL", .integer(1...secondsMax),
      "Seconds that records may be cached during the change; by default 60, or less if less."),
    .optional(
      "resolvers", .list(.string),
      "Caching name servers that must give the new answer too, such as 127.0.0.1:53."),
    .optional(
      "confirmWithin", .duration,
      "How long servers may take to give the new answer; caches get the TTL that they state.",
      default: "10m"),
  ]

  /// The records wanted at a name that holds `found`; `seconds` is their TTL.
  ///
  /// Where one of several sets is meant, the others belong to what is wanted.
  func wanted(
    at name: String, beside found: [RecordSet], seconds: Int, step: String
  ) throws(Failure) -> [RecordSet] {
    if let weights { return try weighted(weights, of: found, at: name, step) }
    var sets = try drawn(at: name, seconds: seconds, step: step)
    guard let setIdentifier else { return sets }
    let isMeant = { (set: RecordSet) in
      set.setIdentifier.map { $0.utf8.elementsEqual(setIdentifier.utf8) } ?? false
    }
    for index in sets.indices {
      sets[index].setIdentifier = setIdentifier
      if let weight {
        sets[index].routing = .weighted(weight)
      } else {
        try route(&sets[index], like: found.filter(isMeant), of: found, step)
      }
    }
    return sets + found.filter { $0.setIdentifier != nil && !isMeant($0) }
  }

  /// Gives a set the routing of the one whose place it takes, and its health check if none is named.
  private func route(
    _ set: inout RecordSet, like former: [RecordSet], of found: [RecordSet], _ step: String
  ) throws(Failure) {
    let type = set.type
    guard let place = former.first(where: { $0.type == type }) ?? former.first,
      let routing = place.routing
    else {
      let names = Set(found.compactMap(\.setIdentifier)).sorted().joined(separator: ", ")
      throw .permanent(
        "step \(step): \(set.name) has no set '\(setIdentifier ?? "")' that could be changed",
        hint: names.isEmpty
          ? "None of its sets has an identifier; give 'weight' too to make one."
          : "It has \(names); give 'weight' too to make one.")
    }
    guard type != place.type, [type, place.type].contains("CNAME") else {
      set.routing = routing
      set.healthCheck = healthCheck ?? place.healthCheck
      return
    }
    throw .refused(
      "step \(step): the set '\(setIdentifier ?? "")' of \(set.name) is of type \(place.type), and "
        + "its siblings are too", hint: "Give it values of that type.")
  }

  /// The sets as the input says them, without any routing.
  private func drawn(
    at name: String, seconds: Int, step: String
  ) throws(Failure) -> [RecordSet] {
    var sets =
      if let alias {
        try self.sets(alias, name, step)
      } else {
        try plain(at: name, seconds: seconds, step: step)
      }
    for index in sets.indices { sets[index].healthCheck = healthCheck }
    return sets
  }

  /// Refuses to put one plain answer in the place of sets that the zone chooses among.
  func check(replacing former: [RecordSet], _ name: String, _ step: String) throws(Failure) {
    let routed = former.filter { $0.routing != nil }
    guard !routed.isEmpty, setIdentifier == nil, weights == nil, replaceRouted != true else {
      return
    }
    let names = routed.compactMap(\.setIdentifier).joined(separator: ", ")
    throw .refused(
      "step \(step) would replace sets that the zone chooses among at \(name): \(names)",
      hint: "Say by 'setIdentifier' which one is meant, or 'replaceRouted: true' to replace all.")
  }

  /// Stands for a hosted zone that has to be asked for, until ``located(in:)``.
  private static let unknownZone = "?"

  /// The calls that finding the hosted zone of an alias takes.
  var aliasUses: [CloudUse] {
    guard let alias, alias.hostedZone == nil,
      let target = AliasZones.target(of: DNSText.name(alias.name))
    else { return [] }
    return AliasZones.uses(of: target, profile: aliasProfile, role: aliasRole)
  }

  private var aliasProfile: String? { alias?.profile ?? zone.parameter("profile") }
  private var aliasRole: String? { alias?.role ?? zone.parameter("role") }

  /// The input with the hosted zone of its alias in it.
  func located(in site: Site) async throws(Failure) -> DNSPointInput {
    guard let alias, alias.hostedZone == nil else { return self }
    let zones = AliasZones(site: site, profile: aliasProfile, role: aliasRole)
    var input = self
    do throws(Failure) {
      input.alias?.hostedZone = try await zones.zone(of: DNSText.name(alias.name))
    } catch {
      // The target may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    return input
  }

  /// What is wrong with the input by itself.
  func check(_ name: String, _ step: String) throws(Failure) {
    guard setIdentifier != nil || weight == nil else {
      throw .permanent(
        "step \(step): 'weight' is without 'setIdentifier'",
        hint: "Name the set too, which is made or changed.")
    }
    guard setIdentifier == nil || replaceRouted != true else {
      throw .permanent(
        "step \(step): 'setIdentifier' keeps other sets, 'replaceRouted' does not",
        hint: "Give one of them.")
    }
    let isPlain = cname != nil || a != nil || aaaa != nil || records != nil
    let ways = [weights != nil, alias != nil, isPlain].count { $0 }
    guard ways == 1, weights == nil || setIdentifier == nil else {
      throw .permanent(
        "step \(step) must say once where \(name) points",
        hint: "Give one of 'cname', 'a' and/or 'aaaa', 'records', 'alias' or 'weights'.")
    }
    if weights == nil { _ = try drawn(at: name, seconds: 1, step: step) }
  }

  private func weighted(
    _ weights: [String: Int], of found: [RecordSet], at name: String, _ step: String
  ) throws(Failure) -> [RecordSet] {
    var sets = found.filter { $0.setIdentifier != nil }
    for (identifier, weight) in weights.sorted(by: { $0.key < $1.key }) {
      let places = sets.indices.filter { index in
        guard case .weighted? = sets[index].routing else { return false }
        return sets[index].setIdentifier.map { $0.utf8.elementsEqual(identifier.utf8) } ?? false
      }
      guard !places.isEmpty else {
        throw .permanent(
          "step \(step): \(name) has no weighted set '\(identifier)'",
          hint: "It has \(sets.compactMap(\.setIdentifier).sorted().joined(separator: ", ")).")
      }
      for index in places { sets[index].routing = .weighted(weight) }
    }
    return sets
  }

  private func sets(
    _ alias: Alias, _ name: String, _ step: String
  ) throws(Failure) -> [RecordSet] {
    let target = DNSText.name(alias.name)
    let zone: String
    switch (alias.hostedZone, AliasZones.target(of: target)) {
    case (let given?, _): zone = given
    case (nil, .known(let known)?): zone = known
    case (nil, .loadBalancer?), (nil, .networkBalancer?), (nil, .api?): zone = Self.unknownZone
    case (nil, nil): throw AliasZones.unknown(target, step)
    }
    let types = (alias.types ?? ["A"]).map { $0.uppercased() }
    guard !types.isEmpty, Set(types).count == types.count else {
      throw .permanent("step \(step): an alias needs each type once", hint: "Mend the playbook.")
    }
    return types.map { type in
      RecordSet(
        name: name, type: type, ttlSeconds: AliasTarget.ttlSeconds,
        alias: AliasTarget(
          name: target, zone: zone, evaluatesHealth: alias.evaluateHealth ?? false))
    }
  }

  private func plain(at name: String, seconds: Int, step: String) throws(Failure) -> [RecordSet] {
    var sets: [(type: String, values: [String])] = []
    if let cname { sets.append(("CNAME", [cname])) }
    if let a { sets.append(("A", a)) }
    if let aaaa { sets.append(("AAAA", aaaa)) }
    for set in records ?? [] { sets.append((set.type.uppercased(), set.values)) }
    let isOneKind =
      (cname == nil || sets.count == 1) && (records == nil || records?.count == sets.count)
    guard isOneKind, !sets.isEmpty, sets.allSatisfy({ !$0.values.isEmpty }),
      Set(sets.map(\.type)).count == sets.count
    else {
      throw .permanent(
        "step \(step) must say once where \(name) points",
        hint: "Give one of 'cname', 'a' and/or 'aaaa', or 'records' with each type once.")
    }
    if sets.count > 1 || sets[0].values.count > 1, sets.contains(where: { $0.type == "CNAME" }) {
      throw .permanent(
        "step \(step) wants something beside a CNAME at \(name)",
        hint: "A CNAME has one value and stands alone.")
    }
    for (type, values) in sets where type == "A" || type == "AAAA" {
      for value in values where !DNSText.isAddress(value, type: type) {
        throw .permanent(
          "step \(step): '\(value)' is not an \(type) address", hint: "Mend the playbook.")
      }
    }
    return sets.map { type, values in
      RecordSet(
        name: name, type: type, ttlSeconds: seconds, values: DNSText.values(values, type: type))
    }
  }
}
