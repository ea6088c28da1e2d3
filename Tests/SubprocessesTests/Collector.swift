import Synchronization

/// Gathers what callbacks on other threads bring.
final class Collector: Sendable {
  private let items = Mutex<[String]>([])
  func add(_ item: String) { items.withLock { $0.append(item) } }
  var all: [String] { items.withLock { $0 } }
}
