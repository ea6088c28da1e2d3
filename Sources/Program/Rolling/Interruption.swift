internal import Glibc
internal import Synchronization

/// Hears Ctrl-C, TERM and a terminal that went away, for as long as it lives.
final class Interruption: Sendable {
  private let sources = Mutex<[EventSource]>([])
  private let count = Mutex(0)

  /// Calls `action` with 1, 2, 3 … for each signal, on a queue of Dispatch.
  init(_ action: @escaping @Sendable (Int) -> Void) {
    var heard = [SIGINT, SIGTERM]
    // Whoever started us with nohup wants to survive the terminal.
    var former = sigaction()
    if sigaction(SIGHUP, nil, &former) == 0, !Self.isIgnored(former) { heard.append(SIGHUP) }
    for number in heard {
      signal(number, SIG_IGN)
      let source = EventSource.signal(number) { @Sendable [weak self] in
        if let self { action(self.next()) }
      }
      sources.withLock { $0.append(source) }
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
    sources.withLock { $0 = [] }
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
