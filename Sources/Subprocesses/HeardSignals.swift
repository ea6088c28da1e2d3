internal import CLinux
import Glibc
import Synchronization

/// Signals that this process answers itself instead of ending.
///
/// Dispatch's own signal sources lose a signal now and then: they register late, and a thread that
/// does not block the signal swallows it. A handler that does next to nothing, and a thread that
/// always takes signals, lose none. See signal-safety(7).
package enum HeardSignals {
  private static let action = Mutex<(@Sendable () -> Void)?>(nil)
  private static let isListening = clinux_listen { HeardSignals.action.withLock { $0 }?() } == 0

  /// Calls `action` once for each of them, one after another, on a thread of its own; for good.
  package static func hear(_ numbers: [Int32], _ action: @escaping @Sendable () -> Void) {
    Self.action.withLock { $0 = action }
    // Without that thread the signals keep their default: to end a process that may be killed.
    guard isListening else { return }
    for number in numbers { _ = clinux_hear(number) }
  }

  /// Whether the process was started with the signal ignored, as by nohup.
  package static func isIgnored(_ number: Int32) -> Bool {
    var former = sigaction()
    guard sigaction(number, nil, &former) == 0 else { return false }
    return unsafeBitCast(former.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
