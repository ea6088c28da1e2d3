import JSON
package import Resources
package import Rollouts

/// Waits until an index holds what it is to hold, and stays so.
///
/// Complete is what stays complete: the counts of some indices agree with those of another domain,
/// or with numbers, within a tolerance; the logs of others have run empty; and, if asked for, no
/// task copies any more. What cannot be read is looked at again and never counts as fine.
package struct SearchSettle: Action {
  package struct Own: Decodable, Sendable {
    var endpoint: String
    var against: String?
    var expected: [String: Int]?
    var counted: [String]?
    var tolerance: Int?
    var quiet: [String]?
    var noReindexing: Bool?
    var stable: PlaybookDuration?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "search.settle"
  package static let summary = "Waits until a search index is complete and stays so."
  package static let reversal = Reversal.exact
  package static let outputs = ["documents", "difference"]
  package static let inputs: [InputField] =
    [
      .required("endpoint", .string, "The host name of the domain that is waited for."),
      .optional("against", .string, "The host name of a domain that is complete."),
      .optional(
        "expected", .map(.integer(0...Int(Int32.max))), "Documents by index, without such a domain."
      ),
      .optional(
        "counted", .list(.string), "The indices to count; by default those of 'expected'."),
      .optional(
        "tolerance", .integer(0...Int(Int32.max)),
        "By how many documents all of them together may differ.", default: "0"),
      .optional(
        "quiet", .list(.string), "Indices whose logs (translogs) must have run empty."),
      .optional(
        "noReindexing", .boolean, "Whether no task may copy into the domain.", default: "false"),
      .optional("stable", .duration, "How long it must stay so.", default: "2m"),
      .optional("every", .duration, "The pause between two looks.", default: "15s"),
      .optional("within", .duration, "How long all of it may take.", default: "12h"),
    ] + CloudAccount.fields

  private static let stableDefault: Duration = .seconds(120)
  private static let everyDefault: Duration = .seconds(15)
  private static let withinDefault: Duration = .seconds(12 * 3600)

  private let input: Input
  private let site: Site
  private let predicate: SearchPredicate

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    let own = SearchData(
      try SearchEndpoint(input.endpoint, of: site.step), input.account, in: site)
    let other = try input.against.map { (text) throws(Failure) in
      SearchData(try SearchEndpoint(text, of: site.step), input.account, in: site)
    }
    let counted = (input.counted ?? input.expected?.keys.sorted() ?? [])
    predicate = SearchPredicate(
      own: own, other: other, expected: input.expected ?? [:], counted: counted,
      tolerance: input.tolerance ?? 0, quiet: input.quiet ?? [],
      noReindexing: input.noReindexing ?? false)
    try check(counted, own.endpoint, other?.endpoint)
  }

  private func check(
    _ counted: [String], _ own: SearchEndpoint, _ other: SearchEndpoint?
  ) throws(Failure) {
    func bad(_ what: String, _ hint: String) -> Failure {
      .permanent("step \(site.step) \(what)", hint: hint)
    }
    if other != nil, input.expected != nil {
      throw bad("is told two truths", "Give 'against' or 'expected', not both.")
    }
    // Outputs that are not known yet all look the same.
    if other == own, !site.isPreview {
      throw bad("compares a domain with itself", "Correct 'against'.")
    }
    if other != nil, counted.isEmpty {
      throw bad("counts nothing", "Give 'counted' the names of the indices.")
    }
    if let missing = counted.first(where: { other == nil && input.expected?[$0] == nil }) {
      throw bad(
        "counts \(missing), but does not say against what", "Give 'against', or 'expected'.")
    }
    if counted.isEmpty, input.quiet?.isEmpty != false, input.noReindexing != true {
      throw bad("waits for nothing", "Give 'counted', 'quiet' or 'noReindexing'.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var rights: [StepRight] = []
    for text in [input.endpoint, input.against].compactMap(\.self) {
      let endpoint = try SearchEndpoint(text, of: Self.name)
      rights += endpoint.uses(["Get"], input.account).map { .look($0) }
    }
    return rights
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    if site.isPreview, !predicate.isKnown { return Planned(Plan(), changes: []) }
    do throws(Failure) {
      // A name that is wrong would be waited for until the end.
      if let missing = try await predicate.missingTruth() {
        throw .permanent(
          "the domain to compare with has no index \(missing)", hint: "Correct 'counted'.")
      }
    } catch {
      // The domains may not exist before earlier steps have run.
      if error.kind == .cancelled || !site.isPreview && !error.isTransient { throw error }
    }
    return Planned(Plan(), changes: [])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    let wait = SettledWait(
      stable: input.stable?.duration ?? Self.stableDefault,
      every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault,
      coming: "the index to be complete", staying: "the index to stay complete")
    var last: SearchPredicate.Look?
    let since = try await wait.wait(since: pace.limitBegin(began), pace, late: late) {
      () async throws(Failure) in
      let look = try await seen()
      last = look
      if look.total > 0 {
        pace.report(Pace.Reading(done: look.documents, total: look.total, unit: "documents"))
      }
      return SettledWait.Look(holds: look.isComplete, text: look.text)
    }
    return StepReport(
      outputs: [
        "documents": "\(last?.documents ?? 0)", "difference": "\(last?.difference ?? 0)",
      ],
      notes: ["complete from \(since) on: \(last?.text ?? "")"])
  }

  private func late(_ text: String) -> Failure {
    .permanent(
      "the index is not complete in time: \(text)",
      hint: "See whether its indexer runs and what it fails at, then 'cutover retry "
        + "\(site.step)'.")
  }

  /// One look; a failure that may pass is one more reason to look again.
  private func seen() async throws(Failure) -> SearchPredicate.Look {
    do throws(Failure) {
      return try await predicate.look()
    } catch {
      guard error.isTransient else { throw error }
      return SearchPredicate.Look(unread: error.summary)
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let look = try await seen()
    if look.isComplete { return Verification(.passed(look.text)) }
    // Traffic goes on; what was complete for a while may be a document behind right now.
    return Verification(report.outputs.isEmpty ? .failed(look.text) : .inconclusive(look.text))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
