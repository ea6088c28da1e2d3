package import Resources
import Synchronization

/// A clock that stands still until it is moved; sleepers wake when their moment is reached.
package final class ManualClock: WallClock {
  private struct Sleeper {
    let id: Int
    let until: Timestamp
    let wake: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var now: Timestamp
    var sleepers: [Sleeper] = []
    var cancelled: Set<Int> = []
    var count = 0
    var movesByItself: Bool
  }

  private let state: Mutex<State>

  /// With `movesByItself`, every sleep ends at once and moves the time to its moment.
  package init(at milliseconds: Int64 = 1_790_000_000_000, movesByItself: Bool = false) {
    state = Mutex(
      State(now: Timestamp(milliseconds: milliseconds), movesByItself: movesByItself))
  }

  package func now() -> Timestamp { state.withLock { $0.now } }

  package func sleep(until moment: Timestamp) async throws(CancellationError) {
    let id = state.withLock { state -> Int? in
      if state.movesByItself { state.now = max(state.now, moment) }
      guard state.now < moment else { return nil }
      state.count += 1
      return state.count
    }
    guard let id else {
      await Task.yield()
      if Task.isCancelled { throw CancellationError() }
      return
    }
    let isOver = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = state.withLock { state in
          if state.cancelled.remove(id) != nil { return true }
          state.sleepers.append(Sleeper(id: id, until: moment, wake: continuation))
          return false
        }
        if isCancelled { continuation.resume(returning: false) }
      }
    } onCancel: {
      let sleeper = state.withLock { state -> Sleeper? in
        guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
          state.cancelled.insert(id)
          return nil
        }
        return state.sleepers.remove(at: index)
      }
      sleeper?.wake.resume(returning: false)
    }
    if !isOver { throw CancellationError() }
  }

  /// Moves the time forward and wakes whoever waited for it.
  package func advance(by duration: Duration) {
    let due = state.withLock { state -> [Sleeper] in
      state.now = state.now + duration
      let due = state.sleepers.filter { $0.until <= state.now }
      state.sleepers.removeAll { $0.until <= state.now }
      return due
    }
    for sleeper in due.sorted(by: { $0.until < $1.until }) { sleeper.wake.resume(returning: true) }
  }

  /// How many sleepers wait; a test advances the time once the work has come to rest.
  package var sleeperCount: Int { state.withLock { $0.sleepers.count } }
}
