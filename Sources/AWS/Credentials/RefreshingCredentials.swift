package import Resources
import Synchronization
package import Wire

/// Credentials that are fetched when first needed and again before they end, by one task at a time.
///
/// Whoever asks in the meantime uses the old ones while they hold, or else waits for the result.
package final class RefreshingCredentials: CredentialSource {
  /// Fetches them; what is refused was called expired by a service and is not to be given again.
  typealias Fetch =
    @Sendable (_ refusing: SigningCredentials?) async throws(Failure) -> SigningCredentials

  /// How long before their end they are fetched again, if they live long enough.
  private static let earlySecondsMax: Int64 = 300
  /// With less left than this they are not used any more.
  private static let lastSeconds: Int64 = 30
  /// How long to leave the source alone when it failed while the old ones still hold.
  private static let quietSeconds: Int64 = 60

  private enum Result {
    case credentials(SigningCredentials)
    case failure(Failure)
    /// The one who fetched was told to stop; somebody else has to.
    case again
  }

  private enum Step {
    case use(SigningCredentials)
    case wait
    case fetch
  }

  private struct State {
    var current: SigningCredentials?
    var fetchedAt: Int64 = 0
    var quietUntil: Int64 = 0
    var isFetching = false
    /// By numbers, so that one who is told to stop need not wait on.
    var waiters: [Int: UnsafeContinuation<Result, Never>] = [:]
    var waitersBefore = 0
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Int64
  private let fetch: Fetch

  /// `now` is in seconds since 1970, as the services count them.
  init(now: @escaping @Sendable () -> Int64, fetch: @escaping Fetch) {
    self.now = now
    self.fetch = fetch
  }

  package func credentials(
    refusing old: SigningCredentials?
  ) async throws(Failure) -> SigningCredentials {
    while true {
      switch state.withLock({ next(&$0, refusing: old) }) {
      case .use(let credentials): return credentials
      case .fetch: return try await refresh(refusing: old)
      case .wait:
        switch await wait() {
        case .credentials(let credentials) where credentials != old: return credentials
        case .credentials, .again: continue
        case .failure(let failure): throw failure
        }
      }
    }
  }

  /// What the one who fetches brings, or that this task is told to stop.
  private func wait() async -> Result {
    let number = state.withLock { state in
      state.waitersBefore += 1
      return state.waitersBefore
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        let known: Result? = state.withLock { state in
          // Whoever is told to stop after this look finds the waiter there.
          if Task.isCancelled { return .failure(.cancelled) }
          guard state.isFetching else { return .again }
          state.waiters[number] = waiter
          return nil
        }
        if let known { waiter.resume(returning: known) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?
        .resume(returning: .failure(.cancelled))
    }
  }

  private func next(_ state: inout State, refusing old: SigningCredentials?) -> Step {
    let now = now()
    if let current = state.current, current != old {
      guard let expires = current.expires else { return .use(current) }
      let early = min(Self.earlySecondsMax, (expires - state.fetchedAt) / 5)
      if expires - now > early { return .use(current) }
      let isUsable = expires - now > Self.lastSeconds
      if isUsable, state.isFetching || now < state.quietUntil { return .use(current) }
    }
    if state.isFetching { return .wait }
    state.isFetching = true
    return .fetch
  }

  private func refresh(refusing old: SigningCredentials?) async throws(Failure)
    -> SigningCredentials
  {
    let result: Result
    do throws(Failure) {
      let fetched = try await fetch(old)
      result = .credentials(try Self.checked(fetched, old, now()))
    } catch {
      result = error.kind == .cancelled ? .again : .failure(error)
    }
    let (answer, waiters) = state.withLock { state in
      let answer = conclude(&state, result, refusing: old)
      defer { state.waiters = [:] }
      return (answer, state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: answer) }
    switch answer {
    case .credentials(let credentials): return credentials
    case .failure(let failure): throw failure
    case .again: throw .cancelled
    }
  }

  private func conclude(
    _ state: inout State, _ result: Result, refusing old: SigningCredentials?
  ) -> Result {
    state.isFetching = false
    switch result {
    case .credentials(let fetched):
      state.current = fetched
      state.fetchedAt = now()
    case .again: break
    case .failure:
      guard let current = state.current, current != old, let expires = current.expires,
        expires - now() > Self.lastSeconds
      else { break }
      state.quietUntil = now() + Self.quietSeconds
      return .credentials(current)
    }
    return result
  }

  private static func checked(
    _ fetched: SigningCredentials, _ old: SigningCredentials?, _ now: Int64
  ) throws(Failure) -> SigningCredentials {
    let hasEnded = fetched.expires.map { $0 <= now } ?? false
    guard fetched == old || hasEnded else { return fetched }
    throw .refused(
      "the AWS credentials have expired, and their source has no newer ones: \(fetched)",
      hint: "Renew them (such as with 'aws sso login'), then carry on with 'cutover resume'.")
  }
}
