package import Resources
package import Rollouts

/// Points a name elsewhere; undone, it holds exactly the former records again.
///
/// Serves both the notice page and the switch. The former TTL is lowered and waited out first, so
/// that no cache keeps the old answer, and the wanted TTL is set when every server has confirmed.
/// An undo waits until nobody can still hold the answer that it took back.
package struct DNSPoint: Action {
  package typealias Input = DNSPointInput

  package struct Plan: Codable, Sendable {
    var zone: ResourceURL
    var change: DNSChange
  }

  package struct Checkpoint: Codable, Sendable {
    /// When every server of the zone was seen to give the low TTL.
    var lowered: Timestamp?
    var isConfirmed = false
  }

  package static let name = "dns.point"
  package static let summary = "Points a name elsewhere and confirms it with every name server."
  package static let reversal = Reversal.exact
  package static let inputs = DNSPointInput.fields

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    [.planned(input.zone, .read)] + input.aliasUses.map { .look($0) }
  }

  private static let confirmDefault: Duration = .seconds(600)
  private static let secondsDefault = 300

  private let input: Input
  private let site: Site
  private let zone: any DNSZone
  private let name: String
  private let resolvers: [NameServer]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    zone = try site.zone(input.zone)
    name = DNSText.name(input.name)
    resolvers = try DNSText.servers(input.resolvers ?? [], of: site.step)
    try input.check(name, site.step)
  }

  private var confirmWithin: Duration { input.confirmWithin?.duration ?? Self.confirmDefault }

  // MARK: Plan

  package func plan() async throws(Failure) -> Planned<Plan> {
    let origin = DNSText.name(try await zone.origin())
    guard DNSText.isName(name, within: origin) else {
      throw .permanent(
        "\(name) is not in the zone \(origin) of \(input.zone)",
        hint: "Write the full name in step \(site.step).")
    }
    let found = try await zone.recordSets(at: name)
    let input = try await input.located(in: site)
    // The TTL that the name had, of the sets that are replaced.
    let draft = try change(input, found, seconds: 1)
    let seconds =
      input.ttl ?? (draft.former.isEmpty ? Self.secondsDefault : draft.formerSeconds)
    let change = try change(input, found, seconds: seconds)
    let proof = try await proofLine(change)
    return Planned(
      Plan(zone: input.zone, change: change),
      changes: lines(change) + (change.stage(of: change.former) == .settled ? [] : proof),
      estimate: Estimate(
        seconds: change.needsLowering ? Double(change.formerSeconds) : nil,
        beginsDowntime: await beginsDowntime(change)))
  }

  private func change(
    _ input: Input, _ found: [RecordSet], seconds: Int
  ) throws(Failure) -> DNSChange {
    let change = try DNSChange(
      name: name, found: found,
      wanted: input.wanted(at: name, beside: found, seconds: seconds, step: site.step),
      lowSeconds: input.lowerTTL)
    try input.check(replacing: change.former, name, site.step)
    return change
  }

  /// Says so where name servers cannot be asked.
  private func proofLine(_ change: DNSChange) async throws(Failure) -> [String] {
    if let why = try await zone.seclusion() {
      return ["\(why); the provider's word counts as confirmation"]
    }
    guard !DNSChange.questions(from: change.former, to: change.wanted).isEmpty else {
      return ["\(name): no name server tells what an alias stands for; the provider's word counts"]
    }
    return input.confirm == .provider ? ["\(name): the provider's word counts as confirmation"] : []
  }

  private func lines(_ change: DNSChange) -> [String] {
    guard change.stage(of: change.former) != .settled else { return [] }
    var lines: [String] = []
    if change.needsLowering {
      lines.append(
        "\(name): lower the TTL to \(change.lowSeconds) s, then wait \(change.formerSeconds) s")
    }
    return lines + [
      "\(name): \(DNSChange.text(change.former)) → \(DNSChange.text(change.wanted))"
    ]
  }

  /// The name that tells which colour is live is pointed away from it, and not by the promotion.
  private func beginsDowntime(_ change: DNSChange) async -> Bool {
    let steps = await site.record().steps
    let isPromotion = steps.contains { $0.id == site.step && $0.promotes }
    guard !isPromotion, let live = site.live?.record, DNSText.name(live.name) == name else {
      return false
    }
    return !DNSChange.isSame(change.former, change.wanted)
  }

  // MARK: Apply

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let change = plan.change
    var checkpoint = checkpoint ?? Checkpoint()
    if try await current(change).stage < .switched {
      try await lower(change, &checkpoint, progress)
      let (sets, stage) = try await current(change)
      if stage < .switched {
        try await zone.replace(at: name, former: sets, with: change.switched)
        try await progress.pace.note("\(name) now holds \(DNSChange.text(change.switched))")
      }
    }
    if !checkpoint.isConfirmed {
      try await confirm(from: change.former, to: change.wanted, progress.pace)
      checkpoint.isConfirmed = true
      try await progress.saveNow(checkpoint)
    }
    let (sets, stage) = try await current(change)
    if stage != .settled { try await zone.replace(at: name, former: sets, with: change.wanted) }
    return StepReport(notes: ["\(name) holds \(DNSChange.text(change.wanted))"])
  }

  /// Shortens the life of the former answer and waits until no cache can hold a longer one.
  private func lower(
    _ change: DNSChange, _ checkpoint: inout Checkpoint, _ progress: Progress<Checkpoint>
  ) async throws(Failure) {
    guard change.needsLowering else { return }
    let (sets, stage) = try await current(change)
    if stage == .former { try await zone.replace(at: name, former: sets, with: change.lowered) }
    if checkpoint.lowered == nil {
      // The old TTL is given out until the last of the zone's servers has the new one.
      var questions = DNSChange.questions(from: [], to: change.lowered)
      for index in questions.indices { questions[index].secondsMax = change.lowSeconds }
      try await confirm(questions, among: [], progress.pace)
      checkpoint.lowered = progress.pace.clock.now()
      try await progress.saveNow(checkpoint)
    }
    guard let lowered = checkpoint.lowered else { return }
    try await progress.pace.wait(
      until: lowered + .seconds(change.formerSeconds),
      for: "caches to forget the former TTL of \(change.formerSeconds) s of \(name)")
  }

  private func current(
    _ change: DNSChange
  ) async throws(Failure) -> (sets: [RecordSet], stage: DNSChange.Stage) {
    let sets = change.relevant(try await zone.recordSets(at: name))
    guard let stage = change.stage(of: sets) else {
      throw .refused(
        "somebody else changed \(name) in \(input.zone): it holds \(DNSChange.text(sets)), "
          + "neither the former \(DNSChange.text(change.former)) "
          + "nor the wanted \(DNSChange.text(change.wanted))",
        hint: "Find out who and why; put one of the two back, then 'cutover retry \(site.step)'.")
    }
    return (sets, stage)
  }

  private func confirm(
    from old: [RecordSet], to new: [RecordSet], _ pace: Pace
  ) async throws(Failure) {
    try await confirm(DNSChange.questions(from: old, to: new), among: resolvers, pace)
  }

  /// Waits for the provider's word where it counts, and for every server that can be asked.
  private func confirm(
    _ questions: [DNSQuestion], among resolvers: [NameServer], _ pace: Pace
  ) async throws(Failure) {
    let confirmation = try await confirmation(questions, resolvers)
    if confirmation.servers.isEmpty, try await !zone.awaitPublication(at: name),
      input.confirm == .provider
    {
      throw .refused(
        "\(input.zone) gives no word on whether its servers have a change",
        hint: "Leave 'confirm' out, so that the servers are asked.")
    }
    try await confirmation.wait(within: confirmWithin, pace: pace)
  }

  private func confirmation(
    _ questions: [DNSQuestion], _ resolvers: [NameServer]
  ) async throws(Failure) -> DNSConfirmation {
    let seclusion = try await zone.seclusion()
    let isAsked = input.confirm != .provider && seclusion == nil
    return DNSConfirmation(
      name: name, questions: questions,
      servers: isAsked && !questions.isEmpty ? try await zone.servers() : [],
      resolvers: questions.isEmpty ? [] : resolvers, resolver: site.outside.resolver)
  }

  // MARK: Verify and undo

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let change = plan.change
    let sets = change.relevant(try await zone.recordSets(at: name))
    guard DNSChange.isSame(sets, change.wanted) else {
      return Verification(.failed("\(input.zone) holds \(DNSChange.text(sets)) at \(name)"))
    }
    let found = try await confirmation(
      DNSChange.questions(from: change.former, to: change.wanted), resolvers
    ).look()
    return Verification(
      .all(
        [.passed("\(name) holds \(DNSChange.text(change.wanted))")]
          + found.map { entry in
            let text = DNSConfirmation.text(entry)
            return switch entry.finding {
            case .right: .passed(text)
            case .other: .failed(text)
            case .cannotTell: .inconclusive(text)
            }
          }))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    let change = plan.change
    let (sets, stage) = try await current(change)
    let isFormer = DNSChange.isSame(sets, change.former)
    if isFormer, checkpoint == nil { return }
    if !isFormer {
      try await zone.replace(at: name, former: sets, with: change.former)
      try await pace.note("\(name) holds \(DNSChange.text(change.former)) again")
    }
    try await confirm(from: change.wanted, to: change.former, pace)
    guard !isFormer, stage >= .switched else { return }
    // What comes next in undoing may take away what the name pointed to.
    let seconds = sets.map(\.ttlSeconds).max() ?? 0
    try await pace.wait(
      until: pace.clock.now() + .seconds(seconds),
      for: "caches to forget the TTL of \(seconds) s of what \(name) held")
  }
}
