/// One right that one step takes with one set of credentials.
struct RightNeed: Sendable, Hashable {
  /// Whose credentials reach the cloud; both nil for the standard ones.
  struct Credentials: Sendable, Hashable, Comparable {
    var profile: String?
    /// The ARN of a role that is taken on with those.
    var role: String?

    var isStandard: Bool { profile == nil && role == nil }

    /// How a person would call them.
    var title: String {
      let base = profile.map { "the profile \($0)" } ?? "the standard credentials"
      return role.map { "the role \($0)" } ?? base
    }

    static func < (left: Self, right: Self) -> Bool {
      (left.profile ?? "", left.role ?? "") < (right.profile ?? "", right.role ?? "")
    }
  }

  var credentials: Credentials
  var role: PolicyRole
  /// The step's id, or the section of the playbook.
  var step: String
  var action: String
  /// A full name, with `*` where a part is not known.
  var resource: String
}
