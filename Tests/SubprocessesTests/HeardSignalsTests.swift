import Foundation
import Harness
import Subprocesses
import Synchronization
import Testing

@Suite("Heard signals", .waiting, .timeLimit(.minutes(15)))
struct HeardSignalsTests {
  private static let rounds = 500

  /// Some threads of this process block all signals, and others none, as in the program.
  @Test("each signal is heard, whichever threads block it")
  func each() async {
    let (rings, ring) = AsyncStream.makeStream(of: Void.self)
    HeardSignals.hear([SIGUSR1]) { ring.yield() }
    var heard = 0
    kill(getpid(), SIGUSR1)
    for await _ in rings {
      heard += 1
      if heard == Self.rounds { break }
      kill(getpid(), SIGUSR1)
    }
    #expect(heard == Self.rounds)
    #expect(!HeardSignals.isIgnored(SIGUSR1))
  }
}
