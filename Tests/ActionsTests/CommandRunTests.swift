import Foundation
import Harness
import Resources
import Rollouts
import Subprocesses
import Testing

@testable import Actions

@Suite(.waiting) struct CommandRunTests {
  private let world: FakeWorld

  init() throws {
    world = try FakeWorld()
    world.setEnvironment(["PATH": "/usr/bin:/bin", "HOME": "/nowhere", "TOKEN": "not declared"])
    world.setSecret("env:KEY", "hunter22")
  }

  private func rig(_ input: String, step: String = "work") throws -> ActionRig {
    try ActionRig(ActionDescriptor(CommandRun.self), input, in: world.site(step: step))
  }

  private func file(_ name: String) -> String { world.folder.file(name) }
  private func text(_ name: String) -> String? {
    try? String(contentsOfFile: file(name), encoding: .utf8)
  }

  /// A command object that runs a shell script.
  private func shell(_ script: String, _ rest: String = "") -> String {
    let escaped = script.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "{argv: [\"sh\", \"-c\", \"\(escaped)\"]\(rest)}"
  }

  @Test("check, apply and undo are run as declared, and again without harm")
  func roundTrip() async throws {
    let input = """
      {check: \(shell("test -e \(file("made")) || exit 1")),
       apply: \(shell("echo x >> \(file("made"))")), undo: \(shell("rm -f \(file("made"))"))}
      """
    let rig = try rig(input)
    let plan = try await rig.plan()
    #expect(plan.isReversible)
    #expect(plan.changes.count == 1)
    #expect(try await rig.verify() == .failed("its check does not find its work done"))
    try await rig.apply()
    try await rig.apply()
    #expect(text("made") == "x\n")
    #expect(try await rig.verify().isPassed)
    #expect(!rig.journal.hasCrossed)
    try await rig.undo()
    try await rig.undo()
    #expect(text("made") == nil)
  }

  @Test("what was there before the step is neither made nor undone")
  func wasThere() async throws {
    try Data("old".utf8).write(to: URL(filePath: file("made")))
    let rig = try rig(
      """
      {check: {argv: ["test", "-e", "\(file("made"))"]}, apply: {argv: ["false"]},
       undo: {argv: ["rm", "\(file("made"))"]}}
      """)
    #expect(try await rig.plan().changes == [])
    try await rig.apply()
    try await rig.undo()
    #expect(text("made") == "old")
  }

  @Test("a check that ends with any other status cannot tell, which is no answer")
  func doubtfulCheck() async throws {
    let rig = try rig("{check: \(shell("echo broken >&2; exit 3")), apply: {argv: ['true']}}")
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.summary.contains("cannot tell") && failure.summary.contains("broken"))
    world.setPreview(true)
    let preview = try self.rig(
      "{check: \(shell("exit 3")), apply: {argv: ['true']}, changes: false}")
    #expect(try await preview.plan().isReversible)
  }

  @Test("without undo it crosses the point of no return first, unless it changes nothing")
  func crossing() async throws {
    let bare = try rig("{apply: {argv: ['true']}}")
    #expect(try await !bare.plan().isReversible)
    bare.journal.whenCrossing { [world] in world.setSecret("env:CROSSED", "yes") }
    try await bare.apply()
    #expect(bare.journal.hasCrossed)
    let failing = try rig("{apply: {argv: ['touch', '\(file("early"))']}}")
    failing.journal.kill(atWrite: 1, afterWriting: false)
    await #expect(throws: Failure.self) { try await failing.apply() }
    #expect(text("early") == nil)
    let looking = try rig("{apply: {argv: ['true']}, changes: false}")
    #expect(try await looking.plan().isReversible)
    try await looking.apply()
    #expect(!looking.journal.hasCrossed)
  }

  @Test("an undeclared status fails with its last words, a declared one is tried again")
  func statuses() async throws {
    let failing = try rig("{apply: \(shell("echo out; echo why >&2; exit 9")), changes: false}")
    let failure = try await #require(throws: Failure.self) { try await failing.apply() }
    #expect(failure.kind == .permanent)
    #expect(failure.summary == "step work: sh ended with status 9: why")
    let later = try rig("{apply: \(shell("exit 4", ", retry: [4]")), changes: false}")
    #expect(try await #require(throws: Failure.self) { try await later.apply() }.isTransient)
    try await self.rig("{apply: \(shell("exit 4", ", success: [0, 4]")), changes: false}").apply()
    let missing = try rig("{apply: {argv: ['no-such-program-here']}, changes: false}")
    let lost = try await #require(throws: Failure.self) { try await missing.apply() }
    #expect(lost.summary.contains("no program 'no-such-program-here'"))
  }

  @Test("only declared variables, the mark and PATH reach the program")
  func environment() async throws {
    let rig = try rig(
      """
      {apply: {argv: ["env"]}, environment: {KEY: "${secret:env:KEY}", A: "b"}, changes: false,
       outputs: "lines"}
      """)
    let report = try await rig.apply()
    #expect(
      report.outputs == [
        "PATH": "/usr/bin:/bin", "KEY": "hunter22", "A": "b", "CUTOVER_STEP": "r1/work",
      ])
    #expect(report.notes.allSatisfy { !$0.contains("hunter22") && $0.contains("KEY=[secret]") })
  }

  @Test("secrets are refused on a command line, and struck out of errors and progress")
  func secrets() async throws {
    #expect(throws: Failure.self) { try self.rig("{apply: {argv: ['echo', '${secret:env:KEY}']}}") }
    let rig = try rig(
      "{apply: \(shell("read k; echo $k; echo $k >&2; exit 1")), stdin: '${secret:env:KEY}\\n'}")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.hasSuffix("[secret]"))
    #expect(rig.journal.readings.contains { $0.waitingFor == "sh: [secret]" })
    #expect(rig.journal.readings.allSatisfy { $0.waitingFor?.contains("hunter22") != true })
  }

  @Test("outputs are read as JSON or as lines, and what is neither is refused")
  func outputs() async throws {
    let json = #"{apply: {argv: ["echo", "{\"a\": \"x\", \"n\": 1.50}"]}, outputs: "json"}"#
    #expect(try await rig(json).apply().outputs == ["a": "x", "n": "1.50"])
    let lines = "{apply: {argv: ['printf', 'a=x=y\\\\nnoise\\\\nb=\\\\n']}, outputs: 'lines'}"
    #expect(try await rig(lines).apply().outputs == ["a": "x=y", "b": ""])
    for text in ["oops", "[1]"] {
      let bad = try rig("{apply: {argv: ['echo', '\(text)']}, outputs: 'json'}")
      await #expect(throws: Failure.self) { try await bad.apply() }
    }
    let flood = try rig("{apply: \(shell("yes a=b | head -c 3000000")), outputs: 'lines'}")
    let failure = try await #require(throws: Failure.self) { try await flood.apply() }
    #expect(failure.summary.contains("more than is kept"))
  }

  @Test("a program that takes too long is stopped and fails")
  func timeLimit() async throws {
    let rig = try rig("{apply: {argv: ['sleep', '1000']}, timeLimit: '100ms', changes: false}")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("took too long"))
  }

  @Test("what a killed cutover left running is stopped first, then the work is done")
  func leftover() async throws {
    let mark = ["CUTOVER_STEP": "r1/kept", "PATH": "/usr/bin:/bin"]
    let old = try await Daemon.start(
      Invocation("sleep", ["1000"], environment: mark, timeLimit: nil),
      output: file("out"), errors: file("err"))
    try StepMark("running", in: world.site(step: "kept")).set()
    let rig = try rig("{apply: {argv: ['true']}, changes: false}", step: "kept")
    try await rig.apply()
    #expect(try !old.isAlive())
    #expect(rig.journal.notes.contains { $0.contains("\(old)") })
  }

  @Test("a service that a finished run started on purpose is left alone")
  func service() async throws {
    let mark = ["CUTOVER_STEP": "r1/service", "PATH": "/usr/bin:/bin"]
    let service = try await Daemon.start(
      Invocation("sleep", ["1000"], environment: mark, timeLimit: nil),
      output: file("out"), errors: file("err"))
    try await rig("{apply: {argv: ['true']}, changes: false}", step: "service").apply()
    #expect(try service.isAlive())
    try await Daemon.stop(service, grace: .seconds(5))
  }

  @Test("a leftover can be waited for instead")
  func waited() async throws {
    let mark = ["CUTOVER_STEP": "r1/waited", "PATH": "/usr/bin:/bin"]
    let old = try await Daemon.start(
      Invocation(
        "sh",
        ["-c", "while ! test -e \(file("enough")); do sleep 0.02; done; touch \(file("end"))"],
        environment: mark, timeLimit: nil), output: file("out"), errors: file("err"))
    try StepMark("running", in: world.site(step: "waited")).set()
    let rig = try rig("{apply: {argv: ['true']}, leftover: 'wait', changes: false}", step: "waited")
    let task = Task { try await rig.apply() }
    while rig.journal.readings.isEmpty { await Task.yield() }
    try Data().write(to: URL(filePath: file("enough")))
    _ = try await task.value
    #expect(text("end") != nil)
    #expect(try !old.isAlive())
  }
}
