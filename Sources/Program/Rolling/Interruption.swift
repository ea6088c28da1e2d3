internal import Glibc
internal import Subprocesses
internal import Synchronization

/// Hears Ctrl-C, TERM and a terminal that went away, for as long as it lives.
final class Interruption: Sendable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private let count = Mutex(0)

  /// Calls `action` with 1, 2, 3 … for each signal, on a thread of its own.
  init(_ action: @escaping @Sendable (Int) -> Void) {
    // Whoever started us with nohup wants to survive the terminal.
    let heard = Self.signals.filter { $0 != SIGHUP || !HeardSignals.isIgnored($0) }
    HeardSignals.hear(heard) { [weak self] in
      if let self { action(self.next()) }
    }
  }

  private func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }

  /// Whether any signal came.
  var hasHappened: Bool { count.withLock { $0 > 0 } }

  deinit {
    for number in Self.signals where !HeardSignals.isIgnored(number) { signal(number, SIG_DFL) }
  }
}
