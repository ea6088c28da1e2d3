internal import Dispatch
internal import Glibc
internal import Resources
internal import Rollouts

/// Drives a rollout in the foreground until it ends, rests or is interrupted.
struct Drive {
  let context: Context
  let journal: any Journal
  let helm: Helm
  let person: String
  let next: NextCommand
  let display: any Display
  let leavesAtGates: Bool
  /// Whether rolling back is what the command is for.
  let wantsRollback: Bool

  /// The reason of a pause by Ctrl-C; whoever runs the playbook again means to carry on.
  static let interruption = "interrupted at the keyboard"

  /// The longest that verbs get to stop after a second Ctrl-C.
  private static let abandonLimit: Duration = .seconds(3)

  /// Attaches to the rollout, runs it, lets the lease go and says how it ended.
  func run(_ loaded: LoadedRollout, workFolder: String) async throws -> ExitCode {
    var loaded = loaded
    do {
      display.begin(loaded.record, loaded.machine)
      try await attach(&loaded)
      return try await drive(loaded, workFolder: workFolder)
    } catch {
      // Whatever happened, the next driver need not wait for this one.
      try? await journal.release(helm.lease)
      throw error
    }
  }

  private func attach(_ loaded: inout LoadedRollout) async throws {
    let fact = Fact.attached(
      driver: helm.lease.holder.description, takenFrom: helm.takenFrom?.description)
    let record = try await journal.append(
      fact, to: loaded.record.id, at: context.wiring.clock.now(), live: nil, answering: nil,
      lease: helm.lease)
    try loaded.take(record)
    display.take(.fact(record, loaded.machine))
  }

  private func drive(_ loaded: LoadedRollout, workFolder: String) async throws -> ExitCode {
    let wiring = context.wiring
    var options = wiring.pace
    options.leavesAtGates = leavesAtGates
    let notifier = Notifier(
      loaded, journal: journal, wiring: wiring, workFolder: workFolder, next: next,
      say: { [display] line in display.say(line) })
    let driver = Driver(
      loaded.record,
      pilot: Pilot(loaded.machine, seed: wiring.seed),
      steps: wiring.wrapSteps(
        PlaybookSteps(
          loaded.playbook, rollout: loaded.record.id, catalog: wiring.actions,
          outside: wiring.outside, workFolder: workFolder)),
      journal: journal, lease: helm.lease, clock: wiring.clock, secrets: wiring.secrets,
      options: options,
      observer: { [display, notifier] event in
        display.take(event)
        if case .fact = event { notifier.wake() }
      })
    let interruption = Interruption { count in interrupted(count, driver) }
    let ending: Driver.Ending
    do throws(JournalError) {
      ending = try await driver.run()
    } catch {
      await notifier.stop()
      if interruption.hasHappened, case .storage(.cancelled) = error {
        return try await close(loaded, .interrupted)
      }
      throw error
    }
    // While the lease is held still: nobody else sends the same.
    await notifier.finish()
    return try await close(loaded, code(of: ending, wasInterrupted: interruption.hasHappened))
  }

  private func interrupted(_ count: Int, _ driver: Driver) {
    switch count {
    case 1:
      display.say(
        "\("Pausing at the next checkpoint.", .warning) Press Ctrl-C again to stop at once; "
          + "both are safe.")
      driver.interrupt(by: Person(name: person, reason: Self.interruption))
    case 2:
      display.say(Line("Stopping at once.", .warning))
      driver.abandon()
      let limit = DispatchTimeInterval.milliseconds(Int(Self.abandonLimit.wholeMilliseconds))
      DispatchQueue.global().asyncAfter(deadline: .now() + limit) { @Sendable in leave() }
    default: leave()
    }
  }

  /// Ends the process whatever still runs; the journal already says where to carry on.
  private func leave() -> Never {
    context.console.complain(["stopped; carry on with \(next("resume"), .accent)"])
    _exit(ExitCode.interrupted.rawValue)
  }

  private func code(of ending: Driver.Ending, wasInterrupted: Bool) -> ExitCode {
    switch ending {
    case .waiting: .waiting
    case .rest(.ended(.completed)): .done
    case .rest(.ended(.rolledBack)): wantsRollback ? .done : .rolledBack
    case .rest(.paused): wasInterrupted ? .interrupted : .waiting
    case .rest(.stopped): .stuck
    }
  }

  private func close(_ loaded: LoadedRollout, _ code: ExitCode) async throws -> ExitCode {
    try await journal.release(helm.lease)
    let now = try await LoadedRollout.load(loaded.record, from: journal, wiring: context.wiring)
    display.end(ClosingReport.closing(now, code, next: next, now: context.wiring.clock.now()))
    return code
  }
}
