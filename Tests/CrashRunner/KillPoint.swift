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
  /// Where each point that is passed gets a line; empty for nowhere.
  private let list: String

  /// Reads `place:number`; anything else means never.
  init(_ text: String, listingIn list: String) {
    self.list = list
    let parts = text.split(separator: ":")
    place = parts.first.flatMap { Place(rawValue: String($0)) }
    number = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
  }

  /// Passes a place, and does not return from the chosen one.
  func pass(_ here: Place) {
    note(here)
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

  private func note(_ here: Place) {
    guard !list.isEmpty, let file = fopen(list, "a") else { return }
    fputs("\(here.rawValue)\n", file)
    fclose(file)
  }
}
