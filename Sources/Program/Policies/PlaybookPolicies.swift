internal import JSON

/// The policies that a playbook needs: three for each set of credentials that it uses.
struct PlaybookPolicies: Sendable {
  /// What the holder of some credentials needs.
  struct Holder: Sendable {
    let credentials: RightNeed.Credentials
    private let needs: [RightNeed]

    init(_ credentials: RightNeed.Credentials, _ needs: [RightNeed]) {
      self.credentials = credentials
      self.needs = needs
    }

    subscript(role: PolicyRole) -> PolicyDocument {
      PolicyDocument(needs.filter { $0.role == role }, title: role.rawValue)
    }

    /// One policy for each role; null where nothing is needed.
    var json: JSONValue {
      .object(
        PolicyRole.allCases.map { role in
          let document = self[role]
          return .init(role.rawValue, document.isEmpty ? .null : document.json)
        })
    }
  }

  /// The standard credentials first, if anything is reached with them.
  let holders: [Holder]

  init(_ rights: PlaybookRights) {
    holders = Dictionary(grouping: rights.needs, by: \.credentials)
      .sorted { $0.key < $1.key }.map { Holder($0.key, $0.value) }
  }

  /// The policies of the standard credentials, and beside them those of `others`, if there are any.
  var json: JSONValue {
    let standard = holders.first { $0.credentials.isStandard } ?? Holder(.init(), [])
    let others = holders.filter { !$0.credentials.isStandard }
    var value = standard.json
    guard !others.isEmpty else { return value }
    value["others"] = .array(
      others.map { holder in
        var value: JSONValue = .object([])
        if let profile = holder.credentials.profile { value["profile"] = .string(profile) }
        if let role = holder.credentials.role { value["role"] = .string(role) }
        for role in PolicyRole.allCases { value[role.rawValue] = holder.json[role.rawValue] }
        return value
      })
    return value
  }
}
