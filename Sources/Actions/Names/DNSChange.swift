import Resources

/// The states that a name passes through while it is pointed elsewhere; decides, and asks nobody.
struct DNSChange: Codable, Sendable {
  /// In order; a name that was left half way is found at one of them.
  enum Stage: Int, Sendable, Comparable {
    case former
    /// The former records with a short TTL, so that caches forget them soon.
    case lowered
    /// The wanted records with that short TTL, so that a mistake is forgotten soon too.
    case switched
    case settled

    static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
  }

  var name: String
  /// Exactly what stood at the name, as far as it is replaced.
  var former: [RecordSet]
  var wanted: [RecordSet]
  var lowSeconds: Int
  /// The types that the change is about; sets of other types at the name are left alone.
  var types: [String]

  /// The types that say where a host is: the new ones must not stand beside old ones.
  private static let addressTypes = ["A", "AAAA", "CNAME"]
  /// What signing servers keep by themselves.
  private static let signatureTypes: Set<String> = ["RRSIG", "NSEC", "NSEC3"]
  /// What a CNAME must not take the place of: the zone or a delegation would go with it.
  private static let structuralTypes: Set<String> = ["SOA", "NS", "DS"]

  /// Says what would change at a name that now holds `found`.
  ///
  /// `lowSeconds` bounds every TTL during the change; nil for a minute at most.
  init(
    name: String, found: [RecordSet], wanted: [RecordSet], lowSeconds: Int?
  ) throws(Failure) {
    let found = found.filter { !Self.signatureTypes.contains($0.type) }
    var types = Set(wanted.map(\.type))
    if types.contains("CNAME") {
      if let blocking = found.first(where: { Self.structuralTypes.contains($0.type) }) {
        throw .refused(
          "\(name) has \(blocking.type) records, beside which no CNAME can stand",
          hint: "Point it with 'a' and 'aaaa' instead.")
      }
      // Nothing may stand beside a CNAME.
      types.formUnion(found.map(\.type))
    } else if !types.isDisjoint(with: Self.addressTypes) {
      types.formUnion(Self.addressTypes)
    }
    self.name = name
    self.wanted = wanted
    self.types = types.sorted()
    former = found.filter { types.contains($0.type) }
    self.lowSeconds =
      lowSeconds ?? min(Self.lowSecondsDefault, former.map(\.ttlSeconds).max() ?? .max)
  }

  private static let lowSecondsDefault = 60

  var formerSeconds: Int { former.map(\.ttlSeconds).max() ?? 0 }
  var needsLowering: Bool { stage(of: former) == .former && lowered != former }
  var lowered: [RecordSet] { former.map(withLowTTL) }
  var switched: [RecordSet] { wanted.map(withLowTTL) }

  private func withLowTTL(_ set: RecordSet) -> RecordSet {
    // An alias has the TTL of what it leads to.
    guard set.alias == nil else { return set }
    var set = set
    set.ttlSeconds = min(set.ttlSeconds, lowSeconds)
    return set
  }

  /// Those of the sets found at the name that the change is about.
  ///
  /// Beside a CNAME that is anything: what somebody else added there is a foreign change.
  func relevant(_ found: [RecordSet]) -> [RecordSet] {
    found.filter { set in
      types.contains(set.type)
        || (wanted.contains { $0.type == "CNAME" } && !Self.signatureTypes.contains(set.type))
    }
  }

  /// How far the name has come; nil when somebody else has changed it.
  func stage(of current: [RecordSet]) -> Stage? {
    if Self.isSame(current, wanted) { return .settled }
    if Self.isSame(current, switched) { return .switched }
    if Self.isSame(current, lowered), lowered != former { return .lowered }
    return Self.isSame(current, former) ? .former : nil
  }

  /// Whether the sets mean the same, TTLs included, in whatever order and spelling.
  static func isSame(_ a: [RecordSet], _ b: [RecordSet]) -> Bool {
    func keys(_ sets: [RecordSet]) -> [[UInt8]] {
      sets.map { set in
        let values = DNSText.values(set.values, type: set.type).joined(separator: "\u{0}")
        let what = set.alias.map { "\(DNSText.name($0.name)) \($0.zone) \($0.evaluatesHealth)" }
        let policy = set.routing.map { "\($0)" } ?? ""
        return Array(
          [
            set.type, what ?? "\(set.ttlSeconds) \(values)", set.setIdentifier ?? "", policy,
            set.healthCheck ?? "",
          ].joined(separator: "\u{1}").utf8)
      }.sorted { $0.lexicographicallyPrecedes($1) }
    }
    return keys(a) == keys(b)
  }

  /// What every server must answer once the name holds `new` instead of `old`.
  static func questions(from old: [RecordSet], to new: [RecordSet]) -> [DNSQuestion] {
    let kept = new
    // What an alias stands for and which set is chosen for whom, no answer tells.
    let new = new.filter(\.isTold)
    let hasAlias = new.contains { $0.type == "CNAME" }
    // A server follows a CNAME whatever type it is asked for, so the alias says it all.
    let gone =
      hasAlias
      ? [] : old.filter { set in set.isTold && !kept.contains { $0.type == set.type } }
    return new.map { set in
      DNSQuestion(
        type: set.type, values: DNSText.values(set.values, type: set.type), former: [])
    }
      + gone.map { set in
        DNSQuestion(
          type: set.type, values: nil, former: DNSText.values(set.values, type: set.type))
      }
  }

  /// The sets in words, such as `CNAME blue.example.test. (TTL 300)`.
  static func text(_ sets: [RecordSet]) -> String {
    sets.isEmpty
      ? "nothing"
      : sets.map(text).joined(separator: ", ")
  }

  private static func text(_ set: RecordSet) -> String {
    let which = set.setIdentifier.map { " [\($0)\(weight(set))]" } ?? ""
    if let alias = set.alias { return "\(set.type)\(which) alias of \(alias.name)" }
    let values = set.values.joined(separator: ", ")
    return "\(set.type)\(which) \(values) (TTL \(set.ttlSeconds))"
  }

  private static func weight(_ set: RecordSet) -> String {
    if case .weighted(let weight)? = set.routing { " \(weight)" } else { "" }
  }
}

extension RecordSet {
  /// Whether name servers answer with the values of this set, whoever asks.
  var isTold: Bool { alias == nil && routing == nil }
}

/// What a server is asked, and which answer is right.
struct DNSQuestion: Sendable, Equatable {
  var type: String
  /// The only right answer; nil when nothing of the type should be left.
  var values: [String]?
  /// What should be gone, where nothing should be left; a wildcard's answer may take its place.
  var former: [String]
  /// The longest TTL that is right; nil for any.
  var secondsMax: Int?

  func accepts(_ found: [String], seconds: Int?) -> Bool {
    if let secondsMax, let seconds, seconds > secondsMax { return false }
    let found = found.map { Array($0.utf8) }
    if let values { return found == values.map { Array($0.utf8) } }
    return found.isEmpty || found != former.map { Array($0.utf8) }
  }
}
