import JSON
import Resources

/// How users of one directory become users of another; fixed in the plan.
package struct UserMapping: Codable, Sendable, Equatable {
  /// Names at the target by names at the source; nil when every attribute stays as it is.
  var attributes: [String: String]?
  /// Attributes that the playbook leaves behind.
  var leftBehind: [String] = []
  /// The second factors that are carried; nil when nothing is known of any.
  var factors: [SecondFactor]?
  /// Whether the factor that a user prefers is carried as well.
  var keepsPreference = true
  var carriesHashes = true
  var carriesGroups = true
  var ignoresCase = false

  /// The user as the target should hold it.
  func carried(_ user: User) throws(Failure) -> User {
    var user = user
    if !carriesHashes { user.passwordHash = nil }
    if !carriesGroups { user.groups = [] }
    user.factors = user.factors.flatMap(kept)
    guard let attributes else { return user }
    var mapped: [String: String] = [:]
    for (name, value) in user.attributes where !leftBehind.contains(name) {
      guard let new = attributes[name] else {
        throw .refused(
          "\(user.name) has an attribute '\(name)' that nobody had when the step was planned",
          hint: "Retry the step, so that it is planned anew.")
      }
      mapped[new] = value
    }
    user.attributes = mapped
    return user
  }

  /// A user of the target, with nothing in it that is not carried.
  func comparable(_ user: User) -> User {
    var user = user
    if !carriesHashes { user.passwordHash = nil }
    if !carriesGroups { user.groups = [] }
    user.factors = user.factors.flatMap(kept)
    if ignoresCase { user.name = user.name.lowercased() }
    return user
  }

  private func kept(_ given: SecondFactors) -> SecondFactors? {
    guard let factors else { return nil }
    let kept = given.methods.filter(factors.contains)
    return kept.isEmpty
      ? nil : SecondFactors(kept, preferred: keepsPreference ? given.preferred : nil)
  }

  /// Why the names of the source cannot be mapped; empty when they can.
  ///
  /// A name that the target has stays. One of the author's own is found again without the prefixes
  /// that stores put before it, if only one attribute of the target is called so.
  static func attributes(
    of names: some Sequence<String>, known: [String], told: [String: String]
  ) -> (map: [String: String], leftBehind: [String], problems: [String]) {
    var map: [String: String] = [:]
    var leftBehind: [String] = []
    var problems: [String] = []
    for name in names.sorted(by: { $0.precedesInBytes($1) }) {
      if let new = told[name] {
        if new.isEmpty {
          leftBehind.append(name)
        } else if known.contains(new) {
          map[name] = new
        } else {
          problems.append("'\(name)' is mapped to '\(new)', which the target does not have")
        }
        continue
      }
      let alike = known.filter { $0 == name }
      let same = alike.isEmpty ? known.filter { bare($0) == bare(name) } : alike
      if same.count == 1 { map[name] = same[0] } else { problems.append("'\(name)'") }
    }
    return (map, leftBehind, problems)
  }

  /// `custom:custom:groups` is called `groups` by whoever declared it.
  private static func bare(_ name: String) -> Substring {
    var rest = name[...]
    while let prefix = ["custom:", "dev:"].first(where: { rest.hasPrefix($0) }) {
      rest = rest.dropFirst(prefix.count)
    }
    return rest
  }
}
