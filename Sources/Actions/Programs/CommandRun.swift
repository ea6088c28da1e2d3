package import Resources
package import Rollouts
import Subprocesses

/// Runs a program of the author's own.
///
/// After a crash the program is run again, unless `check` says that what it makes is there: it must
/// be safe to repeat, or have a check. The undo program may be run although the step had hardly
/// begun. What a killed orchestrator left running is ended, or waited for, before anything else.
package struct CommandRun: Action {
  package struct Check: Decodable, Sendable {
    var argv: [String]
    var success: [Int]?
    /// Statuses that mean that it is surely not there; any other one that it cannot be told.
    var missing: [Int]?
  }

  enum Leftover: String, Codable, Sendable, CaseIterable {
    case stop
    case wait
  }

  package struct Input: Decodable, Sendable {
    var apply: ProgramInput
    var check: Check?
    var undo: ProgramInput?
    var changes: Bool?
    var environment: [String: String]?
    var inherit: [String]?
    var folder: String?
    var stdin: String?
    var timeLimit: PlaybookDuration?
    var outputs: CommandOutputs?
    var leftover: Leftover?
  }

  package struct Plan: Codable, Sendable {
    /// Whether the check found its result there before the first run; undo leaves that alone.
    var wasThere: Bool
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "command.run"
  package static let summary = "Runs a program, with a check and an undo where it has them."
  package static let reversal = Reversal.compensating("its undo program says how far")
  package static let inputs: [InputField] =
    [
      .required("apply", .object(ProgramInput.fields), "The program that does the work."),
      .optional(
        "check",
        .object([
          ProgramInput.argv, ProgramInput.success,
          .optional(
            "missing", .list(.integer(0...255)),
            "Exit statuses that mean: not there; any other means: cannot tell.", default: "[1]"),
        ]), "A program that looks, changes nothing, and succeeds when the work is done."),
      .optional(
        "undo", .object(ProgramInput.fields),
        "The program that takes the work back, also half done; without it nothing is taken back."),
      .optional(
        "changes", .boolean, "False for a program that only looks.", default: "true"),
      .optional("stdin", .secretText, "What the apply program reads."),
      .optional(
        "outputs", .choice(CommandOutputs.allCases.map(\.rawValue)),
        "How to read outputs from what the apply program writes; by default there are none."),
      .optional(
        "leftover", .choice(Leftover.allCases.map(\.rawValue)),
        "What to do with a run that a killed cutover left behind.",
        default: Leftover.stop.rawValue),
    ] + ProgramSurroundings.fields(timeLimit: "1h")

  private static let timeLimitDefault: Duration = .seconds(3600)
  private static let outputBytesMax = 1 << 20
  /// How much of a line that a program writes is shown.
  private static let lineMax = 200

  private let input: Input
  private let site: Site
  private let program: StepProgram

  /// The check runs while planning, with all that the program is given.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    guard input.check != nil else { return [] }
    return [.reveal((input.environment ?? [:]).values.sorted())]
  }

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    for argv in [input.apply.argv, input.check?.argv, input.undo?.argv].compactMap(\.self) {
      try StepProgram.check(argv, of: site.step)
    }
    program = StepProgram(
      site: site,
      surroundings: StepProgram.Surroundings(
        environment: input.environment ?? [:],
        inherit: input.inherit ?? ProgramSurroundings.inheritDefault, folder: input.folder,
        timeLimit: input.timeLimit?.duration ?? Self.timeLimitDefault))
  }

  private var isReversible: Bool { input.undo != nil || input.changes == false }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let wasThere: Bool
    do throws(Failure) {
      wasThere = try await isThere() ?? false
    } catch {
      // What the check looks at may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
      wasThere = false
    }
    let command = input.apply.argv.joined(separator: " ")
    if wasThere { return Planned(Plan(wasThere: true), changes: [], reversal: .exact) }
    let reversal: Reversal? =
      if input.changes == false {
        .exact
      } else if input.undo == nil {
        .none(because: "\(input.apply.argv[0]) has no undo program")
      } else {
        nil
      }
    return Planned(
      Plan(wasThere: false), changes: input.changes == false ? [] : ["run \(command)"],
      reversal: reversal)
  }

  /// What the check says; nil without one.
  private func isThere() async throws(Failure) -> Bool? {
    guard let check = input.check else { return nil }
    let outcome = try await program.run(check.argv, outputBytesMax: Self.outputBytesMax)
    guard let complaint = program.complaint(check.argv, outcome, success: check.success ?? [0])
    else { return true }
    if program.complaint(check.argv, outcome, success: check.missing ?? [1]) == nil { return false }
    throw .permanent(
      "step \(site.step) cannot tell whether its work is done: \(complaint)",
      hint: "Mend the check program, then 'cutover retry \(site.step)'.")
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try await settleLeftovers(progress.pace)
    if try await isThere() == true {
      return StepReport(notes: ["its work was done already"])
    }
    try progress.pace.checkStop()
    if !isReversible { try await progress.crossPointOfNoReturn() }
    let outcome = try await run(input.apply, stdin: input.stdin, progress.pace)
    var outputs: [String: String] = [:]
    if let reader = input.outputs {
      outputs = try reader.read(outcome.output, of: input.apply.argv[0])
    }
    let words = program.tail(outcome.output)
    return StepReport(outputs: outputs, notes: words.isEmpty ? [] : [words])
  }

  private func settleLeftovers(_ pace: Pace) async throws(Failure) {
    try await program.settleLeftovers(isStopping: input.leftover != .wait, pace: pace)
  }

  private func run(
    _ command: ProgramInput, stdin: String?, _ pace: Pace
  ) async throws(Failure) -> Outcome {
    let bytes = Array(try await site.secrets.reveal(stdin ?? "").utf8)
    let name = command.argv[0]
    pace.report(Pace.Reading(waitingFor: "\(name) to end"))
    let secrets = site.secrets
    let outcome = try await program.runMarked(
      command.argv, input: bytes, outputBytesMax: Self.outputBytesMax
    ) { _, line in
      let text = secrets.redact(String(decoding: line, as: UTF8.self))
      pace.report(Pace.Reading(waitingFor: "\(name): \(text.prefix(Self.lineMax))"))
    }
    guard let complaint = program.complaint(command.argv, outcome, success: command.successes)
    else { return outcome }
    let text = "step \(site.step): \(complaint)"
    if case .exited(let code) = outcome.ending, outcome.interruption == nil,
      command.retries.contains(Int(code))
    {
      throw .transient(text, hint: "It asked to be tried again.")
    }
    throw .permanent(
      text, hint: "Mend the cause, then 'cutover retry \(site.step)'; or 'cutover rollback'.")
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    do throws(Failure) {
      switch try await isThere() {
      case true?: return Verification(.passed("its check succeeds"))
      case false?: return Verification(.failed("its check does not find its work done"))
      case nil: return Verification(.passed("it ended with a status that means success"))
      }
    } catch {
      if error.kind == .cancelled { throw error }
      return Verification(.inconclusive(error.summary))
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    try await settleLeftovers(pace)
    guard !plan.wasThere, let undo = input.undo else { return }
    _ = try await run(undo, stdin: nil, pace)
  }
}
