import JSON
package import Resources
package import Rollouts

/// Switches a rule of EventBridge on or off, such as the schedule of a function.
///
/// Undo gives the state from before back, unless somebody has changed it since.
package struct ScheduleSet: Action {
  package struct Own: Decodable, Sendable {
    var rule: String
    var bus: String?
    var enabled: Bool
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// The state from before, as EventBridge calls it; nil only in a preview.
    var former: String?
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "schedule.set"
  package static let summary = "Switches a rule of EventBridge on or off."
  package static let reversal = Reversal.exact
  package static let outputs = ["former"]
  package static let inputs: [InputField] =
    [
      .required("rule", .string, "The rule's name."),
      .optional("bus", .string, "The event bus of the rule.", default: "default"),
      .required("enabled", .boolean, "Whether it is to run."),
    ] + CloudAccount.fields

  private static let every: Duration = .seconds(2)
  private static let within: Duration = .seconds(120)
  private static let off = "DISABLED"
  /// Switching a rule that was off and then on again cannot give this one back.
  private static let special = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

  private let input: Input
  private let site: Site
  private let service: CloudService

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    service = CloudService("events", at: input.account.place, in: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let bus = input.bus.flatMap { $0 == "default" ? nil : $0.split(separator: "/").last }
    let path = bus.map { "\($0)/\(input.rule)" } ?? input.rule
    func use(_ operation: String) -> CloudUse {
      CloudUse(
        "events", operation, at: input.account.place,
        on: input.account.name("events", "rule/\(path)"))
    }
    return [.look(use("DescribeRule")), .call(use("EnableRule")), .call(use("DisableRule"))]
  }

  private var title: String { "the rule \(input.rule)" }

  private var about: JSONValue {
    var about: JSONValue = ["Name": .string(input.rule)]
    if let bus = input.bus { about["EventBusName"] = .string(bus) }
    return about
  }

  private static func isOn(_ state: String) -> Bool { state != off }

  private func state() async throws(Failure) -> String {
    let answer = try await service.ask("DescribeRule", about, about: title)
    guard let state = answer["State"]?.string else {
      throw .transient("EventBridge did not say how \(title) is", hint: "It is tried again.")
    }
    return state
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(former: nil)
    do throws(Failure) {
      plan.former = try await state()
    } catch {
      // The rule may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    if let former = plan.former, Self.isOn(former) == input.enabled {
      return Planned(plan, changes: [])
    }
    return Planned(
      plan, changes: ["switch \(title) \(input.enabled ? "on" : "off")"],
      reversal: plan.former == Self.special
        ? .compensating(
          "the rule is enabled again, but not for the management events of CloudTrail")
        : nil)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try progress.pace.checkStop()
    try await set(input.enabled, progress.pace)
    return StepReport(outputs: ["former": plan.former ?? ""])
  }

  private func set(_ isOn: Bool, _ pace: Pace) async throws(Failure) {
    let wait = CloudWait(
      title: "\(title) to be \(isOn ? "on" : "off")", every: Self.every, within: Self.within,
      step: site.step)
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      if Self.isOn(try await state()) == isOn { return nil }
      _ = try await service.ask(isOn ? "EnableRule" : "DisableRule", about, about: title)
      let now = try await state()
      return Self.isOn(now) == isOn ? nil : "it is \(now)"
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let now = try await state()
    let text = "\(title) is \(now)"
    return Verification(Self.isOn(now) == input.enabled ? .passed(text) : .failed(text))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let former = plan.former, Self.isOn(former) != input.enabled else { return }
    // There are two states only: one that is not ours any more is the former one.
    try await set(Self.isOn(former), pace)
  }
}
