import Synchronization

/// Lets a bounded amount of work through at a time; who came first goes first.
final class Turnstile: Sendable {
  private struct State {
    var free: Int
    var waiting: ArraySlice<(amount: Int, go: UnsafeContinuation<Void, Never>)> = []
  }

  private let capacity: Int
  private let state: Mutex<State>

  init(_ capacity: Int) {
    self.capacity = capacity
    state = Mutex(State(free: capacity))
  }

  /// Does a piece of work once there is room for it; more than there ever is counts as all.
  func pass<Answer, Problem: Error>(
    _ amount: Int, _ work: () async throws(Problem) -> Answer
  ) async throws(Problem) -> Answer {
    let amount = min(amount, capacity)
    await enter(amount)
    do throws(Problem) {
      let answer = try await work()
      leave(amount)
      return answer
    } catch {
      leave(amount)
      throw error
    }
  }

  private func enter(_ amount: Int) async {
    let isFree = state.withLock { state in
      guard state.waiting.isEmpty, state.free >= amount else { return false }
      state.free -= amount
      return true
    }
    if isFree { return }
    await withUnsafeContinuation { continuation in
      let goes = state.withLock { state in
        if state.waiting.isEmpty, state.free >= amount {
          state.free -= amount
          return true
        }
        state.waiting.append((amount, continuation))
        return false
      }
      if goes { continuation.resume() }
    }
  }

  private func leave(_ amount: Int) {
    let released = state.withLock { state in
      state.free += amount
      var released: [UnsafeContinuation<Void, Never>] = []
      while let first = state.waiting.first, first.amount <= state.free {
        state.free -= first.amount
        released.append(first.go)
        state.waiting.removeFirst()
      }
      return released
    }
    for continuation in released { continuation.resume() }
  }
}
