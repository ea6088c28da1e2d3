package import Resources
package import Rollouts

/// Waits for a time of day, a day of the week, or a moment.
package struct WindowGate: Action {
  package struct Input: Decodable, Sendable {
    let window: WindowInput
    package init(from decoder: any Decoder) throws { window = try WindowInput(from: decoder) }
  }

  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "gate.window"
  package static let summary = "Waits for a window of time, such as a maintenance night."
  package static let reversal = Reversal.exact
  package static let inputs = WindowInput.fields

  private let schedule: WindowSchedule
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    schedule = try input.window.schedule(of: site.step)
    self.site = site
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let now = site.clock.now()
    guard let opening = schedule.next(at: now) else { return Planned(Plan(), changes: [never]) }
    guard opening.from > now else {
      return Planned(Plan(), changes: ["the window is open until \(opening.to)"])
    }
    return Planned(
      Plan(), changes: ["wait for the window from \(opening.from) to \(opening.to)"],
      estimate: Estimate(seconds: Double((opening.from - now).wholeMilliseconds) / 1000))
  }

  private var never: String { "no window opens any more" }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    while true {
      let now = pace.clock.now()
      guard let opening = schedule.next(at: now) else {
        throw .refused(
          "\(site.step): \(never)",
          hint: "'cutover skip \(site.step) --reason …' to go on all the same, "
            + "or 'cutover rollback'.")
      }
      guard opening.from > now else {
        return StepReport(notes: ["the window is open until \(opening.to)"])
      }
      try await pace.wait(
        until: opening.from, for: "the window from \(opening.from) to \(opening.to)")
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
