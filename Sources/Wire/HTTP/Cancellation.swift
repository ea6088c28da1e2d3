import Synchronization

/// Says that the caller lost interest; it may be set before the work has begun or after its end.
final class Cancellation: Sendable {
  private let requested = Atomic(false)

  var isRequested: Bool { requested.load(ordering: .acquiring) }

  func request() { requested.store(true, ordering: .releasing) }
}
