import Resources
import Wire

/// What replacing record sets at one name comes to, decided from what the zone holds.
///
/// A value without side effects; every provider decides by it, so that all keep the same laws.
struct RecordChange: Equatable {
  let name: DNSName
  /// Sets that the zone must still hold when the change is made, and then loses or gets anew.
  let former: [RecordSet]
  let wanted: [RecordSet]
  /// Every type that the change is about; those not in `former` must be absent.
  let types: [DNSType]

  /// A request as the caller wrote it, checked as far as it can be without the zone.
  init(
    at name: String, former: [RecordSet], wanted: [RecordSet], in origin: DNSName
  ) throws(Failure) {
    let owner = RecordSet(name: name, type: "A", ttlSeconds: 0, values: [])
    self.name = try owner.parsedName().lowercased
    self.former = try Self.checked(former, at: self.name)
    self.wanted = try Self.checked(wanted, at: self.name)
    var types: Set<DNSType> = []
    for set in former + wanted { types.insert(try set.parsedType()) }
    self.types = types.sorted { $0.rawValue < $1.rawValue }
    try check(in: origin)
  }

  /// Whether there is anything to do; throws when the zone holds neither `former` nor `wanted`.
  ///
  /// `present` are all sets at the name, normalized.
  func isNeeded(given present: [RecordSet]) throws(Failure) -> Bool {
    let (concerned, others) = split(present)
    if Self.isSame(concerned, wanted) { return false }
    guard Self.isSame(concerned, former) else {
      throw .refused(
        "\(name) holds \(concerned.summary); expected \(former.summary) (to become "
          + "\(wanted.summary))",
        hint: "Somebody else changed the zone. Look at it, then 'cutover retry' once it holds one "
          + "of the two.")
    }
    try checkAliases(beside: others)
    return true
  }

  /// The sets at the name that the change is about, and the other ones.
  func split(_ present: [RecordSet]) -> (concerned: [RecordSet], others: [RecordSet]) {
    let isConcerned: (RecordSet) -> Bool = { set in types.contains { set.isType($0) } }
    return (present.filter(isConcerned), present.filter { !isConcerned($0) })
  }

  static func isSame(_ left: [RecordSet], _ right: [RecordSet]) -> Bool {
    let left = left.ordered()
    let right = right.ordered()
    return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
  }

  private static func checked(
    _ sets: [RecordSet], at name: DNSName
  ) throws(Failure) -> [RecordSet] {
    var checked: [RecordSet] = []
    for set in sets {
      let set = try set.normalized()
      guard try set.parsedName() == name else {
        throw .permanent(
          "the record set \(set.summary) does not belong to \(name)", hint: "Check the playbook.")
      }
      guard !checked.contains(where: { $0.isSameKind(as: set) }) else {
        throw .permanent(
          "\(name) is given two sets of type \(set.type)", hint: "Put all values into one set.")
      }
      checked.append(set)
    }
    return checked.ordered()
  }

  private func check(in origin: DNSName) throws(Failure) {
    guard name.isWithin(origin) else {
      throw .permanent(
        "\(name) is not in the zone \(origin)", hint: "Name the zone that holds it.")
    }
    if let type = types.first(where: { $0 == .soa || $0 == .ns && name == origin }) {
      throw .refused(
        "the \(type) records of the zone \(origin) itself are not changed by cutover",
        hint: "Change them with the server's own tools.")
    }
    let alias = wanted.first { $0.isType(.cname) }
    if let alias, alias.values.count > 1 {
      throw .refused(
        "\(name) would have \(alias.values.count) CNAMEs; it can have one",
        hint: "Give one value, or use A and AAAA records.")
    }
    try checkAliases(beside: [])
  }

  /// A CNAME stands alone (RFC 1034 section 3.6.2).
  private func checkAliases(beside others: [RecordSet]) throws(Failure) {
    let after = wanted + others
    guard after.contains(where: { $0.isType(.cname) }) else { return }
    for set in after {
      guard let type = DNSType(set.type), !type.mayStandBesideCNAME else { continue }
      throw .refused(
        "\(name) would have a CNAME beside \(set.type) records, which DNS forbids",
        hint: "Let the change remove the \(set.type) records, or use A and AAAA records.")
    }
  }
}
