import Resources
import Wire

/// What replacing record sets at one name comes to, decided from what the zone holds.
///
/// A value without side effects. The batch deletes exactly what was found and creates what is
/// wanted, so that Route 53 itself refuses it when the zone holds something else by then.
struct Route53Change {
  /// Changes in a batch, and characters of all values; what is put in its place counts twice.
  private static let recordsMax = 1000
  private static let charactersMax = 32_000

  let name: String
  let former: [RecordSet]
  let wanted: [RecordSet]
  private let types: Set<String>

  init(
    at name: String, former: [RecordSet], wanted: [RecordSet], in origin: String
  ) throws(Failure) {
    self.name = Route53Text.name(name)
    self.former = former.map(Self.normalized)
    self.wanted = wanted.map(Self.normalized)
    types = Set((self.former + self.wanted).map(\.type))
    try check(in: origin)
  }

  static func normalized(_ set: RecordSet) -> RecordSet {
    var set = set
    set.name = Route53Text.name(set.name)
    set.type = set.type.uppercased()
    if let alias = set.alias {
      set.alias?.name = Route53Text.name(alias.name)
      set.ttlSeconds = AliasTarget.ttlSeconds
      set.values = []
    }
    let values = Set(set.values.map { Array(Route53Text.value($0, type: set.type).utf8) })
    return RecordSet(
      name: set.name, type: set.type, ttlSeconds: set.ttlSeconds,
      values: values.map { String(decoding: $0, as: UTF8.self) }, alias: set.alias,
      setIdentifier: set.setIdentifier, routing: set.routing, healthCheck: set.healthCheck)
  }

  /// Whether there is anything to do; throws when the zone holds neither `former` nor `wanted`.
  func isNeeded(given present: [RecordSet]) throws(Failure) -> Bool {
    let concerned = present.filter { types.contains($0.type) }
    if Self.isSame(concerned, wanted) { return false }
    guard Self.isSame(concerned, former) else {
      throw .refused(
        "\(name) holds \(Self.text(concerned)); expected \(Self.text(former)) (to become "
          + "\(Self.text(wanted)))",
        hint: "Somebody else changed the zone. Look at it, then 'cutover retry' once it holds one "
          + "of the two.")
    }
    try checkAlone(wanted + present.filter { !types.contains($0.type) })
    return true
  }

  private static func isSame(_ left: [RecordSet], _ right: [RecordSet]) -> Bool {
    left.count == right.count && Set(left) == Set(right)
  }

  /// The request's body; `making` is CREATE, or UPSERT where a deletion guards the same batch.
  func batch(_ present: [Route53Records.Held], making: String) throws(Failure) -> String {
    let concerned = present.filter { types.contains($0.set.type) }
    let gone = concerned.filter { !wanted.contains($0.set) }
    let new = wanted.filter { set in !concerned.contains { $0.set == set } }
    let records =
      gone.reduce(0) { $0 + $1.set.values.count } + 2 * new.reduce(0) { $0 + $1.values.count }
    let characters = (gone.map(\.set) + new + new).flatMap(\.values).reduce(0) {
      $0 + $1.utf8.count
    }
    guard records <= Self.recordsMax, characters <= Self.charactersMax else {
      throw .refused(
        "\(name) would change by \(records) records of \(characters) characters; Route 53 changes "
          + "at most \(Self.recordsMax) and \(Self.charactersMax) at once",
        hint: "Change the name in several steps.")
    }
    return Self.request(
      gone.map { ("DELETE", Route53Records.xml($0.node)) }
        + new.map { (making, Route53Records.xml($0)) })
  }

  /// A batch that leaves a set as it is, if it still is so.
  static func repetition(of held: Route53Records.Held, making: String) -> String {
    let set = Route53Records.xml(held.node)
    return request([("DELETE", set), (making, set)])
  }

  private static func request(_ changes: [(action: String, set: String)]) -> String {
    let changes = changes.map {
      Route53Records.wrap("Change", Route53Records.element("Action", $0.action) + $0.set)
    }
    return #"<?xml version="1.0" encoding="UTF-8"?>"#
      + #"<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">"#
      + Route53Records.wrap(
        "ChangeBatch",
        Route53Records.element("Comment", "cutover")
          + Route53Records.wrap("Changes", changes.joined()))
      + "</ChangeResourceRecordSetsRequest>"
  }

  /// Whether a deletion stands in the batch, which fails if the zone has changed since.
  var isGuarded: Bool { !former.isEmpty }

  private func check(in origin: String) throws(Failure) {
    for set in former + wanted where set.name != name {
      throw .permanent(
        "the record set \(Self.text([set])) does not belong to \(name)", hint: "Check the playbook."
      )
    }
    guard name == origin || name.hasSuffix("." + origin) || origin == "." else {
      throw .permanent(
        "\(name) is not in the zone \(origin)", hint: "Name the zone that holds it.")
    }
    if types.contains("SOA") || types.contains("NS") && name == origin {
      throw .refused(
        "the SOA and NS records of the zone \(origin) itself are not changed by cutover",
        hint: "Change them with Route 53's own tools.")
    }
    for set in former + wanted {
      if case .policyInstance(let id)? = set.routing {
        throw .refused(
          "\(name) \(set.type) is managed by the traffic policy instance \(id)",
          hint: "Change the policy instance, or take the name out of it first.")
      }
    }
    for set in wanted {
      try checkWhole(set)
    }
    try checkAlone(wanted)
  }

  private func checkWhole(_ set: RecordSet) throws(Failure) {
    guard (set.alias == nil) != set.values.isEmpty else {
      throw .permanent(
        "\(name) \(set.type) must have either values or an alias", hint: "Check the playbook.")
    }
    if set.type == "CNAME", set.values.count > 1 {
      throw .refused(
        "\(name) would have \(set.values.count) CNAMEs; it can have one",
        hint: "Give one value, or use A and AAAA records.")
    }
    guard (set.setIdentifier == nil) == (set.routing == nil) else {
      throw .permanent(
        "\(name) \(set.type): a set identifier and a routing policy belong together",
        hint: "Give both or neither.")
    }
    let alike = wanted.filter { $0.type == set.type && $0.setIdentifier == set.setIdentifier }
    guard alike.count == 1 else {
      throw .permanent(
        "\(name) is given two sets of type \(set.type)", hint: "Put all values into one set.")
    }
  }

  /// A CNAME stands alone (RFC 1034 section 3.6.2).
  private func checkAlone(_ after: [RecordSet]) throws(Failure) {
    guard after.contains(where: { $0.type == "CNAME" }) else { return }
    if let other = after.first(where: { $0.type != "CNAME" }) {
      throw .refused(
        "\(name) would have a CNAME beside \(other.type) records, which DNS forbids",
        hint: "Let the change remove the \(other.type) records, or use A and AAAA records.")
    }
  }

  /// For a person: all sets in one line, or that there are none.
  static func text(_ sets: [RecordSet]) -> String {
    guard !sets.isEmpty else { return "nothing" }
    return sets.map { set in
      let what = set.alias.map { "alias of \($0.name)" } ?? set.values.joined(separator: ", ")
      let which = set.setIdentifier.map { " [\($0)]" } ?? ""
      return "\(set.name) \(set.ttlSeconds) \(set.type)\(which) \(what)"
    }.joined(separator: "; ")
  }
}
