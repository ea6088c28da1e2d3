import JSON
package import Resources
package import Rollouts

/// Turns the event source mapping of a function on or off, and waits until it is.
///
/// Exactly one mapping must match. A mapping that was made anew in between is another one, which may
/// begin to read its stream anew: that is told.
package struct FunctionMappingStep: Action {
  package struct Own: Decodable, Sendable {
    var function: String
    var source: String?
    var enabled: Bool
    var startingAt: String?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// Nil in a preview before it is made.
    var uuid: String?
    /// Whether it was on; nil where that was not settled.
    var wasOn: Bool?
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
    /// Whether it was on once it was settled, and which one it was.
    var wasOn: Bool?
    var uuid: String?
  }

  package static let name = "lambda.mapping"
  package static let summary = "Turns a function's event source mapping on or off, and waits."
  package static let reversal = Reversal.exact
  package static let outputs = ["uuid", "state"]
  package static let inputs: [InputField] =
    [
      .required("function", .string, "The function's name or ARN."),
      .optional("source", .string, "The ARN of the stream or queue, or a part of it."),
      .required("enabled", .boolean, "Whether it is to be on."),
      .optional(
        "startingAt", .choice(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]),
        "Where it should have begun to read; another one is told in a note."),
      .optional("every", .duration, "The pause between two looks.", default: "5s"),
      .optional("within", .duration, "How long all of it may take.", default: "15m"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(15 * 60)

  private let input: Input
  private let site: Site
  private let mappings: FunctionMappings

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    let place = FunctionConfiguration.place(of: input.function, region: nil, input.account)
    mappings = FunctionMappings(
      function: input.function, source: input.source,
      service: CloudService("lambda", at: place, in: site))
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let place = FunctionConfiguration.place(of: input.function, region: nil, input.account)
    // Lambda grants listing for all or none, and a mapping's name is known only when it is listed.
    return [
      .look(CloudUse("lambda", "ListEventSourceMappings", at: place, on: "*")),
      .call(
        CloudUse(
          "lambda", "UpdateEventSourceMapping", at: place,
          on: place.name("lambda", "event-source-mapping:*"))),
    ]
  }

  private var title: String { mappings.title }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let verb = input.enabled ? "enable" : "disable"
    do throws(Failure) {
      let mapping = try await mappings.only()
      return Planned(
        Plan(uuid: mapping.uuid, wasOn: mapping.isOn),
        changes: mapping.isOn == input.enabled ? [] : ["\(verb) \(title)"])
    } catch {
      // The function may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
      return Planned(Plan(uuid: nil, wasOn: nil), changes: ["\(verb) \(title)"])
    }
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    var reached = checkpoint ?? Checkpoint(began: pace.clock.now(), wasOn: plan.wasOn, uuid: nil)
    if checkpoint == nil { try await progress.saveNow(reached) }
    let end = pace.limitBegin(reached.began) + (input.within?.duration ?? Self.withinDefault)
    let mapping = try await settle(isOn: input.enabled, until: end, pace) {
      [input] (mapping) async throws(Failure) in
      guard mapping.isSettled, mapping.isOn != input.enabled else { return nil }
      // Only now is it known what it was, and undo must know before it changes.
      if reached.wasOn == nil || reached.uuid != mapping.uuid {
        reached.wasOn = reached.wasOn ?? mapping.isOn
        reached.uuid = mapping.uuid
        try await progress.saveNow(reached)
      }
      return input.enabled
    }
    return StepReport(
      outputs: ["uuid": mapping.uuid, "state": mapping.state], notes: notes(mapping, plan))
  }

  private func notes(_ mapping: FunctionMapping, _ plan: Plan) -> [String] {
    var notes: [String] = []
    if let uuid = plan.uuid, !uuid.hasSameBytes(as: mapping.uuid) {
      notes.append("\(title) was made anew: it was \(uuid) and is \(mapping.uuid)")
    }
    if let wanted = input.startingAt, !wanted.hasSameBytes(as: mapping.startingPosition) {
      notes.append("\(title) began at \(mapping.startingPosition), not at \(wanted)")
    }
    return notes
  }

  /// Waits until the mapping is on or off as wanted; `change` says what is asked for, if anything.
  private func settle(
    isOn: Bool, until end: Timestamp, _ pace: Pace,
    _ change: (FunctionMapping) async throws(Failure) -> Bool?
  ) async throws(Failure) -> FunctionMapping {
    var hint = ""
    while true {
      try pace.checkStop()
      do throws(Failure) {
        let mapping = try await mappings.only()
        hint = mapping.state + (mapping.reason.isEmpty ? "" : ", \(mapping.reason)")
        if let wanted = try await change(mapping) {
          if let reason = try await mappings.set(mapping, isOn: wanted) { hint = reason }
        } else if mapping.isSettled {
          return mapping
        }
      } catch {
        guard error.isTransient else { throw error }
        hint = error.summary
      }
      let next = pace.clock.now() + (input.every?.duration ?? Self.everyDefault)
      guard next <= end else {
        throw .permanent(
          "\(title) is not \(isOn ? "enabled" : "disabled") in time: \(hint)",
          hint: "Look at it there, then 'cutover retry \(site.step)' or 'cutover rollback'.")
      }
      try await pace.wait(until: next, for: "\(title) (\(hint))")
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let mapping: FunctionMapping
    do throws(Failure) {
      mapping = try await mappings.only()
    } catch {
      guard error.isTransient else { throw error }
      return Verification(.inconclusive(error.summary))
    }
    guard mapping.isSettled, mapping.isOn == input.enabled else {
      return Verification(.failed("\(title) is \(mapping.state)"))
    }
    if let uuid = report.outputs["uuid"], !uuid.hasSameBytes(as: mapping.uuid) {
      return Verification(
        .inconclusive(
          "\(title) was made anew: it was \(uuid) and is \(mapping.uuid); it may read its source "
            + "from \(mapping.startingPosition) on"))
    }
    return Verification(.passed("\(title) is \(mapping.state)"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let checkpoint, let wasOn = checkpoint.wasOn ?? plan.wasOn, wasOn != input.enabled else {
      return
    }
    let found = try await mappings.all()
    let uuid = checkpoint.uuid ?? plan.uuid
    guard found.contains(where: { $0.uuid == uuid }) else {
      try await pace.note("\(title) is not there any more; what is there now is left alone")
      return
    }
    let end = pace.clock.now() + (input.within?.duration ?? Self.withinDefault)
    _ = try await settle(isOn: wasOn, until: end, pace) { (mapping) async throws(Failure) in
      mapping.isSettled && mapping.isOn != wasOn ? wasOn : nil
    }
  }
}
