internal import CSQLite
internal import Synchronization

/// The closures of a connection that SQLite calls back, on the owner's thread.
final class Hooks {
  var authorize: ((Access) -> Bool)?
  var shouldStop: (() -> Bool)?
  let interrupter = Interrupter()
}

/// Stops what a connection is doing, from any thread.
///
/// The statement under way ends with `isInterrupted`, and its transaction is rolled back if it
/// wrote. Harmless when nothing runs or the connection has closed.
package final class Interrupter: Sendable {
  private struct Target: @unchecked Sendable {  // sqlite3_interrupt may be called by any thread.
    var handle: OpaquePointer?
  }
  private let target = Mutex(Target())

  func connect(_ handle: OpaquePointer) { target.withLock { $0.handle = handle } }

  func disconnect() { target.withLock { $0.handle = nil } }

  package func interrupt() {
    target.withLock { if let handle = $0.handle { sqlite3_interrupt(handle) } }
  }
}
