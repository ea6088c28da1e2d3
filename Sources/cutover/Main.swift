import Glibc
import Program

@main
struct Main {
  static func main() async {
    let wiring = Wiring.standard()
    let cutover = Cutover(console: Console(environment: wiring.environment), wiring: wiring)
    exit(await cutover.run(Array(CommandLine.arguments.dropFirst())))
  }
}
