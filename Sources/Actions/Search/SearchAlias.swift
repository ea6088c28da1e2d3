import JSON
package import Resources
package import Rollouts

/// Points aliases of a search domain to other indices, all of them in one moment.
///
/// Undo points back those that are still where this step put them. Indices that no alias names any
/// more may be deleted afterwards, which nothing brings back.
package struct SearchAlias: Action {
  package struct Own: Decodable, Sendable {
    var endpoint: String
    var aliases: [String: String]
    var deleteUnaliased: Bool?
    var among: [String]?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// The indices that each alias stood for.
    var former: [String: [String]]
    /// What a look found that no alias names, and that may go.
    var unaliased: [String]
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "search.alias"
  package static let summary = "Points aliases of a search domain to other indices at once."
  package static let reversal = Reversal.exact
  package static let outputs = ["deleted"]
  package static let inputs: [InputField] =
    [
      .required("endpoint", .string, "The host name of the domain."),
      .required("aliases", .map(.string), "Indices by the alias that is to stand for them."),
      .optional(
        "deleteUnaliased", .boolean, "Whether indices that no alias names then are deleted.",
        default: "false"),
      .optional(
        "among", .list(.string),
        "Patterns such as 'orders-*' of the indices of which those without an alias are deleted."),
    ] + CloudAccount.fields

  private let input: Input
  private let site: Site
  private let data: SearchData

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    data = SearchData(
      try SearchEndpoint(input.endpoint, of: site.step), input.account, in: site)
    if input.deleteUnaliased == true, input.among?.isEmpty != false {
      throw .permanent(
        "step \(site.step) deletes indices, but does not say among which",
        hint: "Give 'among' the patterns of their names.")
    }
    if let bad = input.among?.first(where: { $0.hasPrefix(".") || $0.hasPrefix("_") }) {
      throw .permanent(
        "step \(site.step): '\(bad)' means indices of the domain itself",
        hint: "Name indices of your own.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let endpoint = try SearchEndpoint(input.endpoint, of: Self.name)
    let changes = input.deleteUnaliased == true ? ["Post", "Delete"] : ["Post"]
    return endpoint.uses(["Get", "Head"], input.account).map { .look($0) }
      + endpoint.uses(changes, input.account).map { .call($0) }
  }

  private var deletes: Bool { input.deleteUnaliased == true }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(former: [:], unaliased: [])
    do throws(Failure) {
      if !site.isPreview || data.endpoint.isKnown { plan = try await lookedUp() }
    } catch {
      // The indices may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    var changes = input.aliases.sorted { $0.key < $1.key }.compactMap { alias, index -> String? in
      let former = plan.former[alias] ?? []
      if former.count == 1, former[0].hasSameBytes(as: index) { return nil }
      let from = former.isEmpty ? "" : " from \(former.joined(separator: ", "))"
      return "point the alias \(alias)\(from) to \(index)"
    }
    changes += plan.unaliased.map { "delete the index \($0)" }
    let isFinal = deletes && (site.isPreview || !plan.unaliased.isEmpty)
    return Planned(
      plan, changes: changes,
      reversal: isFinal ? .none(because: "a deleted index does not come back") : nil)
  }

  private func lookedUp() async throws(Failure) -> Plan {
    var plan = Plan(former: [:], unaliased: [])
    for (alias, index) in input.aliases {
      guard try await data.exists(index) else {
        throw .permanent(
          "there is no index \(index) for the alias \(alias)",
          hint: "Make and fill it first, or correct its name.")
      }
      let former = try await data.indices(behind: alias)
      if former.isEmpty, try await data.exists(alias) {
        throw .refused(
          "\(alias) is an index itself, so it cannot be an alias",
          hint: "Reindex it under another name and delete it first.")
      }
      plan.former[alias] = former
    }
    if deletes { plan.unaliased = try await unaliased() }
    return plan
  }

  /// What no alias would name once all aliases are as wanted; sorted.
  private func unaliased() async throws(Failure) -> [String] {
    let patterns = input.among ?? []
    return try await data.aliases().filter { index, aliases in
      !index.hasPrefix(".") && patterns.contains { Self.matches(index, $0) }
        && !input.aliases.values.contains { $0.hasSameBytes(as: index) }
        && aliases.allSatisfy { input.aliases[$0] != nil }
    }.keys.sorted()
  }

  /// Whether a name meets a pattern, in which `*` stands for any text.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    var rest = Array(name.utf8)[...]
    let pieces = pattern.utf8.split(
      separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    guard let first = pieces.first, let last = pieces.last, rest.starts(with: first) else {
      return false
    }
    if pieces.count == 1 { return rest.count == first.count }
    rest = rest.dropFirst(first.count)
    guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else {
      return false
    }
    rest = rest.dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() {
      guard let found = rest.firstRange(of: Array(piece)) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try progress.pace.checkStop()
    try await point(input.aliases.mapValues { [$0] }, insteadOf: plan.former)
    guard deletes else { return StepReport(outputs: ["deleted": ""]) }
    // Only what stood in the plan, and still has no alias.
    let now = try await unaliased()
    let going = plan.unaliased.filter { name in now.contains { $0.hasSameBytes(as: name) } }
    for index in going {
      try await progress.crossPointOfNoReturn()
      try await data.delete(index: index)
    }
    return StepReport(outputs: ["deleted": plan.unaliased.joined(separator: ",")])
  }

  /// Sets all aliases in one request, unless one shows what nobody here has set.
  private func point(
    _ wanted: [String: [String]], insteadOf former: [String: [String]]
  ) async throws(Failure) {
    var actions: [JSONValue] = []
    for (alias, indices) in wanted.sorted(by: { $0.key < $1.key }) {
      let now = try await data.indices(behind: alias)
      if Self.isSame(now, indices) { continue }
      guard Self.isSame(now, former[alias] ?? []) else {
        throw .refused(
          "the alias \(alias) stands for \(now.joined(separator: ", ")), which is neither what it "
            + "was nor what it is to be",
          hint: "Somebody changed it. Put it right there, then 'cutover retry \(site.step)'.")
      }
      func action(_ verb: String, _ index: String) -> JSONValue {
        [verb: ["index": .string(index), "alias": .string(alias)]]
      }
      actions += now.filter { !indices.contains($0) }.map { action("remove", $0) }
      actions += indices.filter { !now.contains($0) }.map { action("add", $0) }
    }
    guard !actions.isEmpty else { return }
    // Sent twice, the second would find nothing to remove; a lost answer is looked for instead.
    let answer = try await data.call(
      "POST", "/_aliases", ["actions": .array(actions)], about: "the aliases of the domain",
      isRepeatable: false)
    switch answer {
    case .answer(let answer):
      guard answer["acknowledged"]?.bool == true else {
        throw .transient(
          "the domain has not acknowledged its new aliases", hint: "They are looked at again.")
      }
    case .error(_, let failure): throw failure
    }
  }

  private static func isSame(_ left: [String], _ right: [String]) -> Bool {
    left.sorted() == right.sorted()
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    for (alias, index) in input.aliases.sorted(by: { $0.key < $1.key }) {
      let now = try await data.indices(behind: alias)
      if !Self.isSame(now, [index]) {
        let found = now.isEmpty ? "nothing" : now.joined(separator: ", ")
        return Verification(.failed("the alias \(alias) stands for \(found)"))
      }
    }
    return Verification(.passed("all aliases stand for the indices named"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    var wanted: [String: [String]] = [:]
    var ours: [String: [String]] = [:]
    for (alias, former) in plan.former {
      guard let index = input.aliases[alias], !Self.isSame(former, [index]) else { continue }
      let now = try await data.indices(behind: alias)
      if Self.isSame(now, former) { continue }
      guard Self.isSame(now, [index]) else {
        try await pace.note(
          "the alias \(alias) stands for \(now.joined(separator: ", ")) now, which is not of this "
            + "step: it is left alone")
        continue
      }
      wanted[alias] = former
      ours[alias] = [index]
    }
    try await point(wanted, insteadOf: ours)
  }
}
