internal import Resources
internal import Rollouts

/// Runs a courier for each channel of a playbook beside the driver, which never waits for them.
///
/// Made only by who holds the lease of the environment, and ended before that is let go, so that
/// no two processes send the same.
struct Notifier: Sendable {
  private let clock: any WallClock
  private let wakes: [AsyncStream<Void>.Continuation]
  private let couriers: [Task<Void, Never>]

  /// How long a command that is done waits for receivers.
  static let finishLimit: Duration = .seconds(10)

  /// Starts with what earlier drivers left untold.
  init(
    _ loaded: LoadedRollout, journal: any Journal, wiring: Wiring, workFolder: String,
    next: NextCommand, say: @escaping @Sendable (Line) -> Void
  ) {
    clock = wiring.clock
    var wakes: [AsyncStream<Void>.Continuation] = []
    var couriers: [Task<Void, Never>] = []
    for (index, channel) in loaded.playbook.notify.enumerated() {
      let courier = Courier(
        channel: channel, number: index + 1, record: loaded.record, journal: journal,
        wiring: wiring, workFolder: workFolder, next: next, say: say)
      // One wake in the stream is enough: a courier reads all that is new.
      let (stream, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      wake.yield()
      wakes.append(wake)
      couriers.append(Task { await courier.run(stream) })
    }
    self.wakes = wakes
    self.couriers = couriers
  }

  /// There are new facts.
  func wake() {
    for wake in wakes { wake.yield() }
  }

  /// Sends what is left, for no longer than ``finishLimit``; nothing is sent afterwards.
  func finish() async {
    guard !couriers.isEmpty else { return }
    for wake in wakes { wake.finish() }
    let limit = Task { [clock, couriers] in
      do { try await clock.sleep(for: Self.finishLimit) } catch { return }
      for courier in couriers { courier.cancel() }
    }
    for courier in couriers { await courier.value }
    limit.cancel()
  }

  /// Stops at once; the next driver sends what is left.
  func stop() async {
    for courier in couriers { courier.cancel() }
    for wake in wakes { wake.finish() }
    for courier in couriers { await courier.value }
  }
}
