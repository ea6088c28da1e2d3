internal import Commands

/// Whose hands a right belongs in.
enum PolicyRole: String, Sendable, Hashable, CaseIterable, ArgumentValue {
  /// Looks at everything that a rollout would touch, and changes nothing.
  case plan
  /// Runs and takes back all steps that can be taken back.
  case apply
  /// Runs the steps that cannot be taken back.
  case destroy
}
