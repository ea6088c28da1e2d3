import JSON
package import Resources
package import Rollouts

/// Reads values of a store into outputs, and stops where they are not what they should be.
///
/// The outputs stand in the journal from then on: later steps use what was read once, whatever the
/// store says meanwhile. A flag that is no flag, a word that is none of the ones that are known and
/// a value that is missing are failures that show what is there, never an answer.
package struct ValuesRead: Action {
  struct Wanted: Decodable, Sendable {
    var key: String
    var type: ValueType?
    var oneOf: [JSONValue]?
    var fallback: JSONValue?

    enum CodingKeys: String, CodingKey {
      case key, type, oneOf
      case fallback = "default"
    }
  }

  struct Alternate: Decodable, Sendable {
    var of: String
    var between: [String]
  }

  package struct Input: Decodable, Sendable {
    var store: ResourceURL
    var read: [String: Wanted]
    var alternate: [String: Alternate]?
    var equal: [[String]]?
    var differ: [[String]]?
  }

  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "values.read"
  package static let summary = "Reads values of a store into outputs, and judges them."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] = [
    .required("store", .resource(.values), "The store.", uses: [.look]),
    .required(
      "read",
      .map(
        .object([
          .required("key", .string, "The name under which the store holds it."),
          .optional(
            "type", .choice(ValueType.allCases.map(\.rawValue)), "What it must be.",
            default: ValueType.word.rawValue),
          .optional("oneOf", .list(.any), "The values that it may have."),
          .optional("default", .any, "What is taken where the store surely holds nothing."),
        ])), "Values, by the outputs they become."),
    .optional(
      "alternate",
      .map(
        .object([
          .required("of", .string, "The output whose other it is."),
          .required("between", .list(.string), "The two values."),
        ])), "Outputs that are the other one of two values."),
    .optional("equal", .list(.list(.string)), "Lists of outputs that must be equal."),
    .optional("differ", .list(.list(.string)), "Lists of outputs that must all be different."),
  ]

  private let input: Input
  private let site: Site
  private let store: any ValueStore
  private let wanted: [(output: String, key: String, type: ValueType)]
  private let allowed: [String: [StoredValue]]
  private let fallbacks: [String: StoredValue]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    store = try site.values(input.store)
    var wanted: [(String, String, ValueType)] = []
    var allowed: [String: [StoredValue]] = [:]
    var fallbacks: [String: StoredValue] = [:]
    for (output, one) in input.read.sorted(by: {
      $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }) {
      let type = one.type ?? .word
      guard !one.key.isEmpty else { throw Self.misfit(site, "the output '\(output)' has no key") }
      wanted.append((output, one.key, type))
      for value in one.oneOf ?? [] {
        allowed[output, default: []].append(
          try ValueText.value(value, as: type, of: one.key, in: site.step))
      }
      if let value = one.fallback {
        fallbacks[output] = try ValueText.value(value, as: type, of: one.key, in: site.step)
      }
    }
    self.wanted = wanted
    self.allowed = allowed
    self.fallbacks = fallbacks
    try Self.check(input, site)
  }

  private static func check(_ input: Input, _ site: Site) throws(Failure) {
    for (output, rule) in input.alternate ?? [:] {
      if input.read[output] != nil { throw misfit(site, "the output '\(output)' is given twice") }
      if input.read[rule.of] == nil { throw misfit(site, "no output '\(rule.of)' is read") }
      if rule.between.count != 2 || rule.between[0].utf8.elementsEqual(rule.between[1].utf8) {
        throw misfit(site, "'\(output)' needs two different values to be between")
      }
    }
    for group in (input.equal ?? []) + (input.differ ?? []) {
      if group.count < 2 { throw misfit(site, "it takes two outputs to compare") }
      for output in group where input.read[output] == nil && input.alternate?[output] == nil {
        throw misfit(site, "there is no output '\(output)' to compare")
      }
    }
  }

  private static func misfit(_ site: Site, _ what: String) -> Failure {
    .permanent("step \(site.step): \(what)", hint: "Mend the playbook.")
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    // Applying looks anyway; beforehand it is told what would stop it as things are.
    if site.isPreview, await site.isForeseeable { _ = try await look() }
    return Planned(Plan(), changes: [])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try progress.pace.checkStop()
    let outputs = try await look()
    let note = outputs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return StepReport(outputs: outputs, notes: ["\(input.store): \(note)"])
  }

  /// That nobody has changed them since, as far as a second look can tell.
  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let now = try await look()
    let changed = now.keys.sorted().filter { name in
      !(report.outputs[name] ?? "").utf8.elementsEqual((now[name] ?? "").utf8)
    }
    guard changed.isEmpty else {
      let text = changed.map { "\($0) was \(report.outputs[$0] ?? "") and is \(now[$0] ?? "")" }
      return Verification(
        .failed("somebody changes \(input.store): \(text.joined(separator: ", "))"))
    }
    return Verification(.passed("\(now.count) values, the same at a second look"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}

  // MARK: Looking

  private func look() async throws(Failure) -> [String: String] {
    var found: [String: StoredValue] = [:]
    var problems: [String] = []
    for (output, key, type) in wanted {
      switch try await store.value(of: key, as: type) {
      case .malformed(let what): problems.append("'\(key)' holds \(what)")
      case .absent:
        if let fallback = fallbacks[output] {
          found[output] = fallback
        } else {
          problems.append("there is no '\(key)'")
        }
      case .value(let value):
        found[output] = value
        if let allowed = allowed[output], !allowed.contains(value) {
          problems.append("'\(key)' is \(value), none of \(ValueText.list(allowed))")
        }
      }
    }
    for (output, rule) in input.alternate ?? [:] {
      guard let one = found[rule.of] else { continue }
      guard let index = rule.between.firstIndex(where: { $0.utf8.elementsEqual(one.text.utf8) }),
        let other = StoredValue(rule.between[1 - index], as: one.type)
      else {
        let two = rule.between.map { "'\($0)'" }.joined(separator: " and ")
        problems.append("\(rule.of) is \(one), neither of \(two)")
        continue
      }
      found[output] = other
    }
    problems += compared(found)
    guard problems.isEmpty else {
      throw .permanent(
        "\(input.store) is not as it should be: \(problems.joined(separator: "; "))",
        hint: "See what is true ('cutover environments reconcile \(site.environment)'), put the "
          + "store right, then 'cutover retry \(site.step)'.")
    }
    return found.mapValues(\.text)
  }

  private func compared(_ found: [String: StoredValue]) -> [String] {
    func shown(_ group: [String]) -> String {
      group.compactMap { name in found[name].map { "\(name) \($0)" } }.joined(separator: ", ")
    }
    let unequal = (input.equal ?? []).filter { Set($0.compactMap { found[$0]?.text }).count > 1 }
    let alike = (input.differ ?? []).filter { group in
      let texts = group.compactMap { found[$0]?.text }
      return Set(texts).count < texts.count
    }
    return unequal.map { "these must be equal: \(shown($0))" }
      + alike.map { "these must be different: \(shown($0))" }
  }
}
