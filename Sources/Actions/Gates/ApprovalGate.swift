package import Resources
package import Rollouts

/// Waits for a person's word.
///
/// The engine turns `cutover approve` and `cutover reject` into facts and ends the wait; this
/// action only shows whom it waits for, and decides when the time is over.
package struct ApprovalGate: Action {
  package enum Decision: String, Codable, Sendable, CaseIterable {
    case reject
    case approve
  }

  package struct Input: Decodable, Sendable {
    var role: String?
    var people: [String]?
    var timeout: PlaybookDuration?
    var onTimeout: Decision?
    var comment: Bool?
    var prompt: String?
  }

  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    /// When the question was first asked; a restart does not ask for longer, only a retry does.
    var since: Timestamp
  }

  package static let name = "gate.approval"
  package static let summary = "Waits until somebody approves, or rejects."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] = [
    .optional("role", .string, "The role that decides; it is shown and recorded."),
    .optional("people", .list(.string), "Login names that may decide; by default anybody."),
    .optional("timeout", .duration, "How long to wait; by default until somebody decides."),
    .optional(
      "onTimeout", .choice(Decision.allCases.map(\.rawValue)),
      "What the end of the time means.", default: Decision.reject.rawValue),
    .optional("comment", .boolean, "Whether a comment must be given.", default: "true"),
    .optional("prompt", .string, "What the person is asked."),
  ]

  package static func gateRule(_ input: Input) -> GateRule? {
    GateRule(
      role: input.role, people: input.people ?? [], isCommentRequired: input.comment ?? true)
  }

  private let input: Input
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    if input.onTimeout != nil, input.timeout == nil {
      throw .permanent(
        "step \(site.step) says what happens on time-out, but has no timeout",
        hint: "Give it a 'timeout', or leave 'onTimeout' out.")
    }
  }

  private var decision: Decision { input.onTimeout ?? .reject }

  /// By whose word, such as `role release (ada, bob)`.
  private var whose: String {
    let people = (input.people ?? []).joined(separator: ", ")
    return switch (input.role, people.isEmpty) {
    case (let role?, true): "role \(role)"
    case (let role?, false): "role \(role) (\(people))"
    case (nil, true): "anybody"
    case (nil, false): people
    }
  }

  private var reason: String {
    let question = input.prompt.map { ": \($0)" } ?? ""
    let comment = input.comment ?? true ? " --comment …" : ""
    return "approval by \(whose)\(question); cutover approve \(site.step)\(comment)"
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var line = "wait for approval by \(whose)"
    if let timeout = input.timeout {
      line += ", at most \(timeout.text), then \(decision.rawValue)"
    }
    return Planned(Plan(), changes: [line])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let first = checkpoint?.since ?? progress.pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(since: first)) }
    let since = progress.pace.limitBegin(first)
    guard let timeout = input.timeout else {
      try await progress.pace.waitForPerson("\(reason) (since \(since))")
    }
    try await progress.pace.wait(until: since + timeout.duration, for: reason)
    switch decision {
    case .approve:
      return StepReport(notes: ["nobody decided within \(timeout.text): approved by time-out"])
    case .reject:
      throw .refused(
        "nobody approved \(site.step) within \(timeout.text): rejected by time-out",
        hint: "'cutover retry \(site.step)' asks for as long again; 'cutover rollback'; or "
          + "'cutover skip \(site.step) --reason …' to go on without.")
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
