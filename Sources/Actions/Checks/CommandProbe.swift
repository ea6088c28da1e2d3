import Resources
import Rollouts
import Subprocesses

/// Asks a program of the author's own, by its exit status.
struct CommandProbe: Probe {
  struct Input: Decodable, Sendable {
    var argv: [String]
    var success: [Int]?
    var unsure: [Int]?
    var environment: [String: String]?
    var inherit: [String]?
    var folder: String?
    var timeLimit: PlaybookDuration?
  }

  static let fields =
    [
      ProgramInput.argv, ProgramInput.success,
      .optional(
        "unsure", .list(.integer(0...255)),
        "Exit statuses that mean: cannot tell; any other one means failure.", default: "[75]"),
    ] + ProgramSurroundings.fields(timeLimit: "1m")

  private static let timeLimitDefault: Duration = .seconds(60)
  private static let outputBytesMax = 64 << 10

  let title: String
  private let input: Input
  private let program: StepProgram

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    try StepProgram.check(input.argv, of: site.step)
    self.input = input
    self.title = title ?? input.argv.joined(separator: " ")
    program = StepProgram(
      site: site,
      surroundings: StepProgram.Surroundings(
        environment: input.environment ?? [:],
        inherit: input.inherit ?? ProgramSurroundings.inheritDefault, folder: input.folder,
        timeLimit: input.timeLimit?.duration ?? Self.timeLimitDefault))
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      let outcome = try await program.run(input.argv, outputBytesMax: Self.outputBytesMax)
      let success = input.success ?? [0]
      guard let complaint = program.complaint(input.argv, outcome, success: success) else {
        return .passed("as it should")
      }
      guard case .exited(let code) = outcome.ending, outcome.interruption == nil,
        !(input.unsure ?? [75]).contains(Int(code))
      else { return .inconclusive(complaint) }
      return .failed(complaint)
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }
}
