import JSON
package import Resources
package import Rollouts

/// Sets values of a store, one after the other, each only where it still is what it was.
///
/// The plan records what was there; writing compares with that, so that a change that somebody else
/// made meanwhile is never overwritten. Undo puts back what was there, or its absence, in the other
/// order, where the value still is the one that was set.
package struct ValuesSet: Action {
  struct Setting: Decodable, Sendable {
    var key: String
    var type: ValueType?
    var value: JSONValue
    /// Null stands for none there; nil when anything may be.
    var expected: JSONValue?

    enum CodingKeys: String, CodingKey { case key, type, value, expected }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      key = try container.decode(String.self, forKey: .key)
      type = try container.decodeIfPresent(ValueType.self, forKey: .type)
      value = try container.decode(JSONValue.self, forKey: .value)
      // What is null is given all the same.
      if container.contains(.expected) {
        expected = .some(try container.decode(JSONValue.self, forKey: .expected))
      } else {
        expected = .none
      }
    }
  }

  package struct Input: Decodable, Sendable {
    var store: ResourceURL
    var set: [Setting]
  }

  package struct Plan: Codable, Sendable {
    struct Change: Codable, Sendable {
      var key: String
      var former: StoredValue?
      var value: StoredValue
    }

    var changes: [Change]
  }

  package struct Checkpoint: Codable, Sendable {
    /// How many values are set.
    var done = 0
    /// How many may be set: a try to set one was begun, and nobody answered that it failed.
    var begun = 0
  }

  package static let name = "values.set"
  package static let summary = "Sets values of a store where they still are what they were."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] = [
    .required("store", .resource(.values), "The store.", uses: [.look, .write]),
    .required(
      "set",
      .list(
        .object([
          .required("key", .string, "The name under which the store holds it."),
          .optional(
            "type", .choice(ValueType.allCases.map(\.rawValue)),
            "What it is; without it what the value is as JSON."),
          .required("value", .any, "The value."),
          .optional(
            "expected", .any,
            "What must be there before: a value, a list of them, or null for none."),
        ])), "Values, in the order in which they are set."),
  ]

  private let input: Input
  private let site: Site
  private let store: any ValueStore
  private let values: [StoredValue]
  /// What may be there, nil for none; nil where anything may.
  private let expected: [[StoredValue?]?]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    store = try site.values(input.store)
    var values: [StoredValue] = []
    var expected: [[StoredValue?]?] = []
    for (index, one) in input.set.enumerated() {
      let value = try ValueText.value(one.value, as: one.type, of: one.key, in: site.step)
      values.append(value)
      let isAgain = input.set[..<index].contains { $0.key.utf8.elementsEqual(one.key.utf8) }
      guard !one.key.isEmpty, !isAgain else {
        throw .permanent(
          "step \(site.step) sets '\(one.key)' \(isAgain ? "twice" : "without a key")",
          hint: "Mend the playbook.")
      }
      guard let list = one.expected.map({ $0.elements ?? [$0] }) else {
        expected.append(nil)
        continue
      }
      var allowed: [StoredValue?] = []
      for json in list {
        allowed.append(
          json.isNull
            ? nil : try ValueText.value(json, as: value.type, of: one.key, in: site.step))
      }
      expected.append(allowed)
    }
    self.values = values
    self.expected = expected
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var changes: [Plan.Change] = []
    var lines: [String] = []
    var problems: [String] = []
    for (index, one) in input.set.enumerated() {
      let value = values[index]
      let found = try await store.value(of: one.key, as: value.type)
      if let problem = problem(with: found, at: index) { problems.append(problem) }
      var former: StoredValue?
      if case .value(let value) = found { former = value }
      changes.append(Plan.Change(key: one.key, former: former, value: value))
      if former != value { lines.append("\(one.key): \(found.text) → \(value)") }
    }
    if !problems.isEmpty, await site.isForeseeable {
      throw .refused(
        "\(input.store) is not as it should be: \(problems.joined(separator: "; "))",
        hint: "See what is true ('cutover environments reconcile \(site.environment)'), put the "
          + "store right, then 'cutover retry \(site.step)'.")
    }
    return Planned(Plan(changes: changes), changes: lines)
  }

  private func problem(with found: ValueAnswer, at index: Int) -> String? {
    let key = input.set[index].key
    if case .malformed(let what) = found { return "'\(key)' holds \(what)" }
    guard let allowed = expected[index], !allowed.contains(where: { found.is($0) }) else {
      return nil
    }
    let texts = allowed.map { $0?.description ?? "nothing" }.joined(separator: ", ")
    return "'\(key)' is \(found.text), where \(texts) is expected"
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    var checkpoint = checkpoint ?? Checkpoint()
    for (index, change) in plan.changes.enumerated().dropFirst(checkpoint.done) {
      try progress.pace.checkStop()
      let again = checkpoint.begun > index
      checkpoint.begun = index + 1
      if !again { try await progress.saveNow(checkpoint) }
      let outcome = try await store.replace(
        change.key, change.value.type, former: change.former, with: change.value, again: again)
      if case .conflict(let found) = outcome {
        // What is there is not ours, even if it is the same: undo must leave it.
        checkpoint.begun = index
        try await progress.saveNow(checkpoint)
        throw .refused(
          "\(input.store): '\(change.key)' is \(found.text) now, and was "
            + "\(change.former?.description ?? "nothing") when the step was planned: it is not "
            + "overwritten",
          hint: "See who changed it. Put it back and 'cutover retry \(site.step)', or 'cutover "
            + "rollback'.")
      }
      checkpoint.done = index + 1
      try await progress.saveNow(checkpoint)
    }
    return StepReport(notes: plan.changes.map { "\($0.key) is \($0.value)" })
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    var wrong: [String] = []
    for change in plan.changes {
      let found = try await store.value(of: change.key, as: change.value.type)
      if !found.is(change.value) {
        wrong.append("'\(change.key)' is \(found.text), not \(change.value)")
      }
    }
    return Verification(
      wrong.isEmpty
        ? .passed("\(plan.changes.count) values read back")
        : .failed("\(input.store): \(wrong.joined(separator: "; "))"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    let begun = plan.changes.prefix(checkpoint?.begun ?? 0)
    for change in begun.reversed() where change.former != change.value {
      try pace.checkStop()
      let outcome = try await store.replace(
        change.key, change.value.type, former: change.value, with: change.former, again: true)
      if case .conflict(let found) = outcome {
        try await pace.note(
          "\(input.store): '\(change.key)' is left alone: it is \(found.text), not the "
            + "\(change.value) that was set")
      }
    }
  }
}
