package import Foundation
import Synchronization

/// Starts programs one after another.
///
/// Foundation closes in a child what it finds open when it looks, and hears of a child's end by a
/// socket that the child holds. A pipe or socket that another thread opens in between goes to the
/// wrong child too, and whoever waits for its end waits for that child's as well.
private enum Spawning {
  static let turn = Mutex(())
}

extension Process {
  /// ``run()``, when no other program is being started.
  package func start() throws { try Spawning.turn.withLock { _ in try run() } }
}

extension Pipe {
  /// A pipe that is made when no program is being started.
  package static func make() -> Pipe { Spawning.turn.withLock { _ in Pipe() } }
}
