import JSON

/// The plan of a step that is left out, as the journal keeps it.
struct StepOmission {
  private static let key = "leftOut"

  let reason: String

  init(_ reason: String) { self.reason = reason }

  /// Nil where the plan is one of the step's action.
  init?(plan: String) {
    guard let tree = try? JSONValue(reading: Array(plan.utf8)), tree.members?.count == 1,
      let reason = tree[Self.key]?.string
    else { return nil }
    self.reason = reason
  }

  var plan: String { JSONValue.object([.init(Self.key, .string(reason))]).text }
}
