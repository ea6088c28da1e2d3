internal import Commands
internal import Glibc
internal import Resources
internal import Rollouts

/// The program: a command line in, an exit code out.
package struct Cutover: Sendable {
  private let console: Console
  private let wiring: Wiring

  package init(console: Console, wiring: Wiring) {
    self.console = console
    self.wiring = wiring
  }

  /// Runs one command line, without the program's own name.
  package func run(_ words: [String]) async -> Int32 {
    // A reader of our output that goes away must not end a rollout.
    signal(SIGPIPE, SIG_IGN)
    do {
      switch try await CommandList.table.run(words, in: Context(console: console, wiring: wiring)) {
      case .text(let text): console.write(text)
      case .exit(let code): return code
      }
      return ExitCode.done.rawValue
    } catch {
      let complaint = Complaint(error)
      console.complain(complaint.lines)
      return complaint.code.rawValue
    }
  }
}
