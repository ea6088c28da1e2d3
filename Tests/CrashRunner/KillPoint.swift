import Glibc
import Synchronization

/// The moment at which this process kills itself, such as `journal-before:12`.
///
/// A real SIGKILL: no handler runs, no buffer is flushed, no child is told.
final class KillPoint: Sendable {
  enum Place: String, CaseIterable {
    case journalBefore = "journal-before"
    case journalAfter = "journal-after"
    case callBefore = "call-before"
    case callAfter = "call-after"
  }

  private let place: Place?
  private let number: Int
  private let count = Mutex(0)

  /// Reads `place:number`; anything else means never.
  init(_ text: String) {
    let parts = text.split(separator: ":")
    place = parts.first.flatMap { Place(rawValue: String($0)) }
    number = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
  }

  /// Passes a place, and does not return from the chosen one.
  func pass(_ here: Place) {
    guard here == place else { return }
    let isReached = count.withLock { count in
      count += 1
      return count == number
    }
    if isReached {
      kill(getpid(), SIGKILL)
      // The signal is on its way; nothing more may happen.
      while true { pause() }
    }
  }
}
