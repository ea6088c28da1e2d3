package import JSON
package import Resources

/// One action as the catalog holds it: what help, checks and the schema need, and a maker.
package struct ActionDescriptor: Sendable {
  package let name: String
  package let summary: String
  package let reversal: Reversal
  package let inputs: [InputField]
  package let outputs: [String]
  /// The default of `onFailure` for steps of this kind.
  package let rollsBackOnFailure: Bool
  private let readRule: @Sendable (JSONValue) throws(Failure) -> GateRule?
  private let readRights: @Sendable (JSONValue) throws(Failure) -> [StepRight]
  private let makeVerbs: @Sendable (JSONValue, Site) throws(Failure) -> any StepVerbs

  package init<A: Action>(_ action: A.Type) {
    name = A.name
    summary = A.summary
    reversal = A.reversal
    inputs = A.inputs
    outputs = A.outputs
    rollsBackOnFailure = A.rollsBackOnFailure
    readRule = { (value) throws(Failure) in A.gateRule(try Self.decode(value, A.self)) }
    readRights = { (value) throws(Failure) in try A.rights(try Self.decode(value, A.self)) }
    makeVerbs = { (value, site) throws(Failure) in
      BoundAction(action: try A(try Self.decode(value, A.self), in: site))
    }
  }

  /// By whose word a step with this input opens; nil for all but gates.
  package func gateRule(of input: JSONValue) throws(Failure) -> GateRule? {
    try readRule(input)
  }

  /// The rights that a step with this input takes, in all its verbs.
  ///
  /// `input` may hold what stands for unknown outputs.
  package func rights(of input: JSONValue) throws(Failure) -> [StepRight] {
    StepRight.all(in: input, fields: inputs) + (try readRights(input))
  }

  /// The verbs of one step with this input.
  package func verbs(for input: JSONValue, in site: Site) throws(Failure) -> any StepVerbs {
    try makeVerbs(input, site)
  }

  private static func decode<A: Action>(
    _ value: JSONValue, _ action: A.Type
  ) throws(Failure) -> A.Input {
    do throws(JSONMismatch) {
      return try value.decode(as: A.Input.self)
    } catch {
      throw .permanent("\(A.name): \(error)", hint: "See 'cutover actions \(A.name)'.")
    }
  }
}

/// An action with its input, speaking the journal's text.
private struct BoundAction<A: Action>: StepVerbs {
  let action: A

  func plan() async throws(Failure) -> RecordedPlan {
    let planned = try await action.plan()
    return RecordedPlan(
      plan: try text(of: planned.plan), changes: planned.changes, estimate: planned.estimate,
      isReversible: (planned.reversal ?? A.reversal).isReversible)
  }

  func apply(
    _ plan: String, from checkpoint: String?, hooks: VerbHooks
  ) async throws(Failure) -> StepReport {
    let progress = Progress<A.Checkpoint>(
      pace: hooks.pace,
      save: { (checkpoint, isUrgent) async throws(Failure) in
        try await hooks.save(try text(of: checkpoint), isUrgent)
      }, cross: hooks.cross)
    return try await action.apply(
      try value(of: plan), from: try checkpoint.map(value(of:)), progress: progress)
  }

  func verify(
    _ plan: String, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    try await action.verify(try value(of: plan), report: report, pace: pace)
  }

  func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure) {
    try await action.undo(
      try value(of: plan), from: try checkpoint.map(value(of:)), pace: pace)
  }

  private func text(of value: some Encodable) throws(Failure) -> String {
    do throws(JSONMismatch) {
      return try JSONValue(encoding: value).text
    } catch {
      throw .permanent("\(A.name) cannot write its state: \(error)", hint: "Report this bug.")
    }
  }

  private func value<T: Decodable>(of text: String) throws(Failure) -> T {
    do {
      return try JSONValue(reading: Array(text.utf8)).decode(as: T.self)
    } catch {
      throw .permanent(
        "\(A.name) cannot read what the journal holds: \(error)",
        hint: "The rollout was begun by another version; carry on with that one.")
    }
  }
}
