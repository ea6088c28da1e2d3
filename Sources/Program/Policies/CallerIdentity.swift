/// Who calls, as AWS names whoever holds some credentials.
struct CallerIdentity: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// A user or a role: its own name serves.
    case principal
    /// A session of a role with this name.
    case session(role: String)
    /// Holds every right, and IAM does not simulate it.
    case root
    /// Such as a federated user.
    case other
  }

  let name: String
  let account: String
  let partition: String
  let kind: Kind

  /// Reads a full name such as `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
  init?(_ name: String) {
    let fields = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard fields.count == 6, fields[0] == "arn", !fields[4].isEmpty else { return nil }
    self.name = name
    partition = String(fields[1])
    account = String(fields[4])
    let parts = fields[5].split(separator: "/")
    switch (fields[2], parts.first, parts.count) {
    case ("sts", "assumed-role", 3): kind = .session(role: String(parts[1]))
    case ("iam", "user", 2...), ("iam", "role", 2...): kind = .principal
    case ("iam", "root", 1): kind = .root
    case _: kind = .other
    }
  }

  /// The name that IAM knows, as far as it can be told without asking: a role's path is not in it.
  var principal: String? {
    switch kind {
    case .principal: name
    case .session(let role): "arn:\(partition):iam::\(account):role/\(role)"
    case .root, .other: nil
    }
  }

  /// A resource's name with this account where the account is not known.
  func filled(_ resource: String) -> String {
    var fields = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard fields.count == 6, fields[0] == "arn", fields[4] == "*" else { return resource }
    fields[4] = Substring(account)
    return fields.joined(separator: ":")
  }
}
