import JSON
package import Resources
package import Rollouts

/// Copies indices into others within a search domain, as tasks that run there.
///
/// A task outlives this program: after a crash it is found again, by its id or by what it does. A
/// destination that is not there is made like its source, or as the playbook says, and never left to
/// guesses of the domain. Undo ends the tasks and deletes the indices that the step made.
package struct SearchReindex: Action {
  package struct Pair: Decodable, Sendable {
    var from: String
    var to: String
    var index: JSONValue?
  }

  package struct Own: Decodable, Sendable {
    var endpoint: String
    var pairs: [Pair]
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// Destinations that were not there.
    var missing: [String]
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
    /// By destination.
    var tasks: [String: String] = [:]
    var done: [String: ReindexTask.Tally] = [:]
    var restarts = 0
  }

  package static let name = "search.reindex"
  package static let summary = "Copies indices into others within a search domain."
  package static let reversal = Reversal.compensating(
    "documents stay that were copied into an index which was there before")
  package static let outputs = ["documents", "copied"]
  package static let inputs: [InputField] =
    [
      .required("endpoint", .string, "The host name of the domain."),
      .required(
        "pairs",
        .list(
          .object([
            .required("from", .string, "The index or alias to copy."),
            .required("to", .string, "The index to copy into."),
            .optional(
              "index", .any,
              "Settings and mappings of that index, if it is not there; by default those of the "
                + "one that is copied."),
          ])), "What is copied into what."),
      .optional("every", .duration, "The pause between two looks.", default: "10s"),
      .optional("within", .duration, "How long all of it may take.", default: "12h"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(10)
  private static let withinDefault: Duration = .seconds(12 * 3600)
  private static let endingMax: Duration = .seconds(600)
  /// How many tasks may be lost before a person looks.
  private static let restartsMax = 5

  private let input: Input
  private let site: Site
  private let data: SearchData

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    data = SearchData(
      try SearchEndpoint(input.endpoint, of: site.step), input.account, in: site)
    let targets = Set(input.pairs.map { $0.to })
    if targets.count != input.pairs.count
      || input.pairs.contains(where: { targets.contains($0.from) })
    {
      throw .permanent(
        "step \(site.step) copies into an index twice, or from one that it copies into",
        hint: "Write a step for each copy.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let endpoint = try SearchEndpoint(input.endpoint, of: Self.name)
    return endpoint.uses(["Get", "Head"], input.account).map { .look($0) }
      + endpoint.uses(["Post", "Put", "Delete"], input.account).map { .call($0) }
  }

  private func task(_ pair: Pair) -> ReindexTask {
    ReindexTask(data: data, from: pair.from, to: pair.to, step: site.step)
  }

  /// Kept in a file, since a step that is done anew still has to know what it made.
  private func mark(_ index: String) -> StepMark {
    StepMark("made-\(URLTemplate.encoded(index))", in: site)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(missing: [])
    let changes = input.pairs.map { "copy the index \($0.from) into \($0.to)" }
    if site.isPreview, !data.endpoint.isKnown { return Planned(plan, changes: changes) }
    do throws(Failure) {
      for pair in input.pairs {
        guard try await data.exists(pair.from) else {
          throw .permanent(
            "there is no index \(pair.from) to copy", hint: "Correct its name or the endpoint.")
        }
        if try await !data.exists(pair.to) { plan.missing.append(pair.to) }
      }
    } catch {
      // The domain may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    return Planned(plan, changes: changes)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    var state = checkpoint ?? Checkpoint(began: pace.clock.now())
    if checkpoint == nil { try await progress.saveNow(state) }
    let end = pace.limitBegin(state.began) + (input.within?.duration ?? Self.withinDefault)
    while true {
      let open = try await carryOn(&state, plan, progress)
      if open.isEmpty { break }
      let next = pace.clock.now() + (input.every?.duration ?? Self.everyDefault)
      guard next <= end else {
        throw .permanent(
          "the indices are not copied in time: \(open.joined(separator: ", "))",
          hint: "The tasks go on; 'cutover retry \(site.step)' finds them again.")
      }
      try await pace.wait(
        until: next, for: "indices to be copied (\(open.joined(separator: ", ")))")
    }
    for pair in input.pairs {
      _ = try await data.find(
        "POST", "/\(SearchData.escaped(pair.to))/_refresh", about: "the index \(pair.to)")
    }
    let copied = state.done.sorted { $0.key < $1.key }
    return StepReport(
      outputs: [
        "documents": "\(copied.reduce(0) { $0 + $1.value.total })",
        "copied": JSONValue.object(copied.map { .init($0.key, JSONValue($0.value.total)) })
          .text,
      ],
      notes: copied.map { to, tally in
        "\(to): \(tally.created) documents copied, \(tally.present) were there"
      })
  }

  /// Starts what is not started, looks at what is, and says what is still open.
  private func carryOn(
    _ state: inout Checkpoint, _ plan: Plan, _ progress: Progress<Checkpoint>
  ) async throws(Failure) -> [String] {
    var open: [String] = []
    var copied = 0
    var total = 0
    for pair in input.pairs where state.done[pair.to] == nil {
      let task = task(pair)
      guard let id = state.tasks[pair.to] else {
        try progress.pace.checkStop()
        state.tasks[pair.to] = try await begun(pair, task, plan)
        try await progress.saveNow(state)
        open.append("\(pair.to) begun")
        continue
      }
      switch try await look(task, id) {
      case .running(let done, let all)?:
        open.append("\(pair.to) \(done) of \(all)")
        copied += done
        total += all
      case .done(let tally)?:
        state.done[pair.to] = tally
        try await progress.saveNow(state)
      case .failed(let failure)?:
        // The next try must not find the same end again.
        state.tasks[pair.to] = nil
        try await progress.saveNow(state)
        throw failure
      case .lost?:
        state.tasks[pair.to] = nil
        state.restarts += 1
        guard state.restarts <= Self.restartsMax else {
          let restarts = state.restarts
          // Whoever looked and has it tried again wants more than one try.
          state.restarts = 0
          try await progress.saveNow(state)
          throw .permanent(
            "the domain has lost the task that copies \(pair.from) \(restarts) times",
            hint: "Look at the health of its nodes, then 'cutover retry \(site.step)'.")
        }
        try await progress.saveNow(state)
        open.append("\(pair.to) is begun again, its task was lost")
      case nil: open.append("\(pair.to) cannot be seen for now")
      }
    }
    if total > 0 {
      progress.pace.report(Pace.Reading(done: copied, total: total, unit: "documents"))
    }
    return open
  }

  /// Nil for a look that failed for now; the task goes on meanwhile.
  private func look(
    _ task: ReindexTask, _ id: String
  ) async throws(Failure) -> ReindexTask.State? {
    do throws(Failure) {
      return try await task.state(of: id)
    } catch {
      if error.isTransient { return nil }
      throw error
    }
  }

  /// The id of the task, which a crash may have kept from being written down.
  private func begun(
    _ pair: Pair, _ task: ReindexTask, _ plan: Plan
  ) async throws(Failure) -> String {
    if let id = try await task.running() { return id }
    if try await !data.exists(pair.to) {
      let shape: JSONValue
      if let own = pair.index {
        shape = own
      } else {
        shape = try await IndexShape.like(pair.from, in: data)
      }
      if plan.missing.contains(pair.to) { try mark(pair.to).set() }
      try await IndexShape.make(pair.to, shape, in: data)
    }
    return try await task.start()
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let copied = report.outputs["copied"].flatMap { try? JSONValue(parsing: $0) }
    var texts: [String] = []
    for pair in input.pairs {
      guard let wanted = copied?[pair.to]?.integer else {
        return Verification(.failed("\(pair.to) was not copied"))
      }
      let count = try await data.count(of: pair.to)
      guard let count, count >= wanted else {
        return Verification(
          .failed("\(pair.to) holds \(count ?? 0) documents, and \(wanted) were copied"))
      }
      texts.append("\(pair.to) holds \(count)")
    }
    return Verification(.passed(texts.joined(separator: ", ")))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    for pair in input.pairs {
      let task = task(pair)
      // A task that still writes would make the index anew.
      try await task.cancelAll()
      let wait = CloudWait(
        title: "the copy into \(pair.to) to end", every: Self.everyDefault, within: Self.endingMax,
        step: site.step)
      try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
        try await task.isRunning() ? "it still runs" : nil
      }
      guard plan.missing.contains(pair.to), try mark(pair.to).isSet() else { continue }
      let names = try await data.aliases()[pair.to] ?? []
      if !names.isEmpty {
        try await pace.note(
          "the alias \(names.joined(separator: ", ")) stands for the index \(pair.to): it is kept")
        continue
      }
      try await data.delete(index: pair.to)
      try mark(pair.to).clear()
    }
  }
}
