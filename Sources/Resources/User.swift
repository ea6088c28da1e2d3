/// One user of a directory.
///
/// `id`, `status` and `unmovable` say how the user stands there; they are never carried elsewhere.
package struct User: Sendable, Hashable, Codable {
  /// What the user signs in with, and what other data may be keyed by.
  package var name: String
  /// Only what a newcomer could be given too.
  package var attributes: [String: String]
  package var groups: [String]
  package var isEnabled: Bool
  /// A PHC string such as `$scrypt$ln=14,r=8,p=1$…`; nil where the store does not give it.
  package var passwordHash: String?
  /// The identity provider of a federated user; nil for the directory's own.
  package var externalProvider: String?
  /// What the directory itself calls the user, such as a pool's `sub`; nil where it is the name.
  package var id: String?
  /// In the directory's own words, such as `RESET_REQUIRED`; nil where there are none.
  package var status: String?
  /// How the user proves who it is beside the password; nil where the store does not say.
  package var factors: SecondFactors?
  /// What belongs to the user and cannot be had from the directory, in words.
  package var unmovable: [String]?

  package init(
    name: String, attributes: [String: String] = [:], groups: [String] = [],
    isEnabled: Bool = true, passwordHash: String? = nil, externalProvider: String? = nil,
    id: String? = nil, status: String? = nil, factors: SecondFactors? = nil,
    unmovable: [String]? = nil
  ) {
    self.name = name
    self.attributes = attributes
    self.groups = groups
    self.isEnabled = isEnabled
    self.passwordHash = passwordHash
    self.externalProvider = externalProvider
    self.id = id
    self.status = status
    self.factors = factors
    self.unmovable = unmovable
  }
}

/// A proof beside the password.
package enum SecondFactor: String, Sendable, Hashable, Codable, CaseIterable {
  case sms
  case email
  /// An authenticator app, whose secret no directory gives away.
  case totp
}

/// The second factors that a user has set up.
package struct SecondFactors: Sendable, Hashable, Codable {
  /// In the order of the cases.
  package var methods: [SecondFactor]
  package var preferred: SecondFactor?

  package static let none = SecondFactors([], preferred: nil)

  package init(_ methods: some Sequence<SecondFactor>, preferred: SecondFactor?) {
    let given = Set(methods)
    self.methods = SecondFactor.allCases.filter(given.contains)
    self.preferred = preferred.flatMap { given.contains($0) ? $0 : nil }
  }
}

extension User {
  /// What another user of the same name has otherwise; a hash or a factor that is not said is no
  /// difference.
  package func differences(from wanted: User) -> [String] {
    var found: [String] = []
    if isEnabled != wanted.isEnabled { found.append("enabled") }
    if Set(groups.map(Self.bytes)) != Set(wanted.groups.map(Self.bytes)) { found.append("groups") }
    let mine = Self.values(attributes)
    let theirs = Self.values(wanted.attributes)
    let names = Set(mine.keys).union(theirs.keys)
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) })
    where mine[name] != theirs[name] {
      found.append("attribute \(String(decoding: name, as: UTF8.self))")
    }
    if let hash = wanted.passwordHash, Self.bytes(hash) != passwordHash.map(Self.bytes) {
      found.append("passwordHash")
    }
    if externalProvider.map(Self.bytes) != wanted.externalProvider.map(Self.bytes) {
      found.append("externalProvider")
    }
    if let factors = wanted.factors {
      let mine = self.factors ?? .none
      let isPreferred = factors.preferred == nil || factors.preferred == mine.preferred
      if factors.methods != mine.methods || !isPreferred { found.append("second factors") }
    }
    return found
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func values(_ attributes: [String: String]) -> [[UInt8]: [UInt8]] {
    Dictionary(attributes.map { (bytes($0.key), bytes($0.value)) }) { first, _ in first }
  }
}
