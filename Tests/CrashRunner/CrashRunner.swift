import Glibc
import Program
import Resources
import Rollouts

/// The program itself, but for one thing: it kills itself at the moment that `CUTOVER_KILL` names.
@main
struct CrashRunner {
  static func main() async {
    var wiring = Wiring.standard()
    let point = KillPoint(
      wiring.environment["CUTOVER_KILL"] ?? "",
      listingIn: wiring.environment["CUTOVER_POINTS"] ?? "")
    wiring.openJournal = {
      [open = wiring.openJournal] (path, use) async throws(JournalError) in
      KillingJournal(base: try await open(path, use), point: point)
    }
    wiring.wrapSteps = { KillingSteps(base: $0, point: point) }
    // Every checkpoint is written, so that there are as many moments to die as can be.
    wiring.pace.checkpointInterval = .zero
    wiring.pace.poll = .milliseconds(20)
    let cutover = Cutover(console: Console(environment: wiring.environment), wiring: wiring)
    exit(await cutover.run(Array(CommandLine.arguments.dropFirst())))
  }
}
