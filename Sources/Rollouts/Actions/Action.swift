package import Resources

/// One kind of step: how it is planned, applied, verified and undone.
///
/// Every verb may be called again after a crash with the same plan, so each is safe to repeat: look
/// first, change only what differs, report the same outcome. A verb that is asked to stop throws
/// `Failure.cancelled` at its next checkpoint; the step is carried on later.
///
/// The driver calls `plan` when the step is reached, records the plan, and only then calls `apply`:
/// what stands in the plan is all that `undo` may rely on.
package protocol Action: Sendable {
  associatedtype Input: Decodable & Sendable
  /// All that undo needs, captured before the first change. Kept in the journal; holds no secret.
  associatedtype Plan: Codable & Sendable
  /// How far `apply` has come; `NoCheckpoint` when it is one call.
  associatedtype Checkpoint: Codable & Sendable

  /// What a playbook's `uses` says, such as `tables.copy`.
  static var name: String { get }
  /// One sentence with a full stop.
  static var summary: String { get }
  static var reversal: Reversal { get }
  /// What a playbook's `with` may hold; checks, help and the JSON Schema are read off it.
  static var inputs: [InputField] { get }
  /// Names of the outputs that later steps can refer to; empty when they depend on the input.
  static var outputs: [String] { get }
  /// What a failure means where the playbook does not say: turn back, or wait for a person.
  static var rollsBackOnFailure: Bool { get }
  /// Whether the step waits for `approve` and by whose word; nil for all but gates.
  static func gateRule(_ input: Input) -> GateRule?
  /// Rights that the step takes beyond those of the resource fields in its input.
  static func rights(_ input: Input) throws(Failure) -> [StepRight]

  init(_ input: Input, in site: Site) throws(Failure)
  /// Looks, changes nothing.
  func plan() async throws(Failure) -> Planned<Plan>
  func apply(_ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>)
    async throws(Failure) -> StepReport
  /// Looks at the result with fresh eyes, changes nothing.
  func verify(_ plan: Plan, report: StepReport, pace: Pace) async throws(Failure) -> Verification
  /// Puts back what `apply` changed, also when it was interrupted half way.
  func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure)
}

extension Action {
  package static var outputs: [String] { [] }
  package static var rollsBackOnFailure: Bool { false }
  package static func gateRule(_ input: Input) -> GateRule? { nil }
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] { [] }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    Verification(.passed("nothing further to check"))
  }
}

/// The checkpoint of an action whose `apply` is one call.
package struct NoCheckpoint: Codable, Sendable {}

/// How well a kind of step can be taken back.
package enum Reversal: Sendable, Hashable {
  /// The step changes nothing, or undo restores exactly what was there.
  case exact
  /// Undo restores the effect, not every detail; the text says what differs.
  case compensating(String)
  /// The first such step is the point of no return, unless its plan says otherwise.
  case none(because: String)

  package var isReversible: Bool {
    switch self {
    case .exact: true
    case .compensating: true
    case .none: false
    }
  }
}

/// What a step would do, in the words of `cutover plan`, and what undo needs.
package struct Planned<Plan: Sendable>: Sendable {
  package var plan: Plan
  /// Concrete changes, a line each; empty when the step changes nothing.
  package var changes: [String]
  package var estimate: Estimate
  /// Overrides the action's own where the input decides, as with a command without undo.
  package var reversal: Reversal?

  package init(
    _ plan: Plan, changes: [String], estimate: Estimate = .init(), reversal: Reversal? = nil
  ) {
    self.plan = plan
    self.changes = changes
    self.estimate = estimate
    self.reversal = reversal
  }
}

/// How much work a step is, as far as it can be told beforehand.
package struct Estimate: Sendable, Hashable, Codable {
  package var seconds: Double?
  package var items: Int?
  package var bytes: Int64?
  /// Whether users are without the service from this step until the promotion is confirmed.
  package var beginsDowntime: Bool

  package init(
    seconds: Double? = nil, items: Int? = nil, bytes: Int64? = nil, beginsDowntime: Bool = false
  ) {
    self.seconds = seconds
    self.items = items
    self.bytes = bytes
    self.beginsDowntime = beginsDowntime
  }
}

/// What `apply` achieved.
package struct StepReport: Sendable, Hashable, Codable {
  package var outputs: [String: String]
  package var ledgers: [Ledger]
  package var notes: [String]

  package init(outputs: [String: String] = [:], ledgers: [Ledger] = [], notes: [String] = []) {
    self.outputs = outputs
    self.ledgers = ledgers
    self.notes = notes
  }
}

/// What `verify` found; ledgers that it completed replace those of the report.
package struct Verification: Sendable, Hashable, Codable {
  package var verdict: Verdict
  package var ledgers: [Ledger]

  package init(_ verdict: Verdict, ledgers: [Ledger] = []) {
    self.verdict = verdict
    self.ledgers = ledgers
  }
}

/// By whose word a gate opens.
package struct GateRule: Sendable, Hashable, Codable {
  package var role: String?
  /// Login names; empty means anybody in the role.
  package var people: [String]
  package var isCommentRequired: Bool

  package init(role: String?, people: [String], isCommentRequired: Bool) {
    self.role = role
    self.people = people
    self.isCommentRequired = isCommentRequired
  }
}
