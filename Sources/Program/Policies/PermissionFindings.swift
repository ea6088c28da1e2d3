internal import JSON

/// What the access control of a cloud said of the rights that a playbook takes.
struct PermissionFindings: Sendable, Equatable {
  /// A right that somebody lacks.
  struct Missing: Sendable, Equatable {
    var action: String
    var resource: String
    /// The steps that take it.
    var steps: [String]
    /// Who lacks it: a full name.
    var principal: String
    /// What stands in the way, as far as IAM says.
    var reason: String
  }

  var missing: [Missing] = []
  /// What could not be told, a line each; neither a yes nor a no.
  var untold: [String] = []
  /// How many rights were found to be there.
  var grantedCount = 0

  var lines: [Line] {
    missing.map { right in
      "\("missing permission", .bad): \(right.action, .strong) on \(right.resource) for "
        + "\(right.steps.joined(separator: ", "), .strong)"
        + "\(", as \(right.principal): \(right.reason)", .faint)"
    } + untold.map { "\("permissions:", .warning) \($0)" }
      + (missing.isEmpty && untold.isEmpty && grantedCount > 0
        ? ["Permissions: \(Words.count(grantedCount, "right")) asked of IAM, all are there."] : [])
  }

  var json: JSONValue {
    [
      "missing": .array(
        missing.map {
          [
            "action": .string($0.action), "resource": .string($0.resource),
            "steps": .array($0.steps.map { .string($0) }), "principal": .string($0.principal),
            "reason": .string($0.reason),
          ]
        }),
      "untold": .array(untold.map { .string($0) }), "granted": JSONValue(grantedCount),
    ]
  }
}
