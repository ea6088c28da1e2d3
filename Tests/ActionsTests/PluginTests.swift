import Digests
import Foundation
import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite(.waiting) struct PluginTests {
  private let world: FakeWorld

  init() throws {
    world = try FakeWorld()
    world.setEnvironment(["PATH": "\(world.folder.path):/usr/bin:/bin", "TOKEN": "undeclared"])
    world.setSecret("env:KEY", "hunter22")
  }

  /// Writes an executable that the plug-in's name finds in PATH; gives its SHA-256.
  @discardableResult
  private func install(_ name: String, _ text: String) throws -> String {
    let path = world.folder.file("cutover-action-\(name)")
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return Digest.hex(Digest.sha256(Array(text.utf8)))
  }

  /// A plug-in of `sh` whose verbs are these scripts.
  private func install(
    _ name: String, plan: String = #"echo '{"protocol":1,"result":{"reversal":"exact"}}'"#,
    apply: String = "", verify: String = ""
  ) throws {
    try install(
      name,
      """
      #!/bin/sh
      request=$(cat)
      case $request in
        *'"verb":"plan"'*) \(plan);;
        *'"verb":"apply"'*) \(apply.isEmpty ? ":" : apply);;
        *'"verb":"verify"'*) \(verify.isEmpty ? ":" : verify);;
      esac
      """)
  }

  private func rig(
    _ name: String, _ rest: String = "", _ journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(Plugin.self), "{name: '\(name)', \(rest)}", in: world.site(step: name),
      journal: journal)
  }

  private func complaint(_ rig: ActionRig) async throws -> String {
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .permanent)
    return failure.summary
  }

  /// The example in the manual, so that it is sure to work.
  private static func example() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appending(path: "docs/plugins.md"), encoding: .utf8)
    let parts = page.split(separator: "```python\n")
    return String(try #require(parts.last).prefix { $0 != "`" })
  }

  @Test("the manual's example plans, applies, verifies and undoes, pinned and twice over")
  func example() async throws {
    let digest = try install("message", Self.example())
    let file = world.folder.file("motd")
    try Data("before".utf8).write(to: URL(filePath: file))
    let rig = try rig(
      "message", "sha256: '\(digest.uppercased())', with: {file: '\(file)', text: 'moving'}")
    let plan = try await rig.plan()
    #expect(plan.changes == ["\(file): 'before' becomes 'moving'"])
    #expect(plan.isReversible)
    for _ in 1...2 {
      let report = try await rig.apply()
      #expect(report.outputs == ["length": "6"] && report.notes == ["written"])
    }
    #expect(rig.journal.checkpoint?.contains(#"{"written":true}"#) == true)
    #expect(rig.journal.readings.contains { $0.total == 1 && $0.unit == "files" })
    #expect(try await rig.verify() == .passed("\(file) holds 'moving'"))
    for _ in 1...2 { try await rig.undo() }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "before")
    guard case .failed = try await rig.verify() else { throw HarnessError("it passed") }
  }

  @Test("a program with another digest is not started")
  func pinned() async throws {
    let digest = try install("pinned", "#!/bin/sh\ntouch \(world.folder.file("ran"))\n")
    try install("pinned", "#!/bin/sh\ntouch \(world.folder.file("ran")) #\n")
    let rig = try rig("pinned", "sha256: '\(digest)'")
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.kind == .refused && failure.summary.contains(digest))
    #expect(!FileManager.default.fileExists(atPath: world.folder.file("ran")))
  }

  @Test("it gets only declared variables, and its words come without secrets")
  func environment() async throws {
    try install(
      "env", plan: #"echo "$TOKEN/$KEY $(env | cut -d= -f1 | sort | tr '\n' ' ')" >&2; exit 3"#)
    let rig = try rig("env", "environment: {KEY: '${secret:env:KEY}'}")
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.summary.contains("/[secret] CUTOVER_STEP KEY PATH PWD"))
    #expect(throws: Failure.self) { try self.rig("env", "with: {a: ['${secret:env:KEY}']}") }
  }

  @Test(
    "lies and garbage fail the step and say what was wrong",
    arguments: [
      ("echo hello", "not JSON"), ("echo '[1]'", "a list where an object"),
      (#"echo '{"protocol":2,"result":{}}'"#, "speaks protocol 2"),
      (#"echo '{"result":{}}'"#, "speaks protocol none"), ("exit 0", "without a result"),
      ("echo dead >&2; exit 7", "without a result: plug-in lies ended with status 7: dead"),
      ("kill -9 $$", "ended by signal 9"), (#"echo '{"dance":1}'"#, "a message 'dance'"),
      (#"echo '{"note":"a","progress":{}}'"#, "of which one was expected"),
      (#"echo '{"protocol":1,"result":{}}'; exit 1"#, "it gave a result, but"),
      (#"echo '{"protocol":1,"result":{}}'; echo '{"note":"x"}'"#, "more after its result"),
      (#"echo '{"protocol":1,"failure":{"kind":"odd","summary":"x"}}'"#, "of the kind"),
      (#"printf '{"checkpoint":"%040000d"}\n' 1"#, "checkpoint has 40002 bytes"),
      (#"printf '{"note":"%070000d"}\n' 1"#, "not JSON"),
    ])
  func lies(script: String, part: String) async throws {
    try install("lies", apply: script)
    let text = try await complaint(rig("lies"))
    #expect(text.hasPrefix("plug-in lies: ") && text.contains(part), "\(text)")
  }

  @Test("a plan that is too large, or says nothing of its way back, is refused")
  func plans() async throws {
    try install("large", plan: #"printf '{"protocol":1,"result":{"plan":"%040000d"}}\n' 1"#)
    #expect(try await complaint(rig("large")).contains("plan has 40002 bytes"))
    try install("mute", plan: #"echo '{"protocol":1,"result":{}}'"#)
    #expect(try await complaint(rig("mute")).contains("the reversal none at all"))
    try install("sure", verify: #"echo '{"protocol":1,"result":{"verdict":"fine"}}'"#)
    let sure = try rig("sure")
    let failure = try await #require(throws: Failure.self) { try await sure.verify() }
    #expect(failure.summary.contains("its verdict is \"fine\""))
  }

  @Test("floods and silence are ended")
  func floods() async throws {
    try install("flood", apply: "exec yes")
    #expect(try await complaint(rig("flood")).contains("not JSON"))
    try install("chatter", apply: #"exec yes '{"note":""}' | cat"#)
    let chatter = try rig("chatter", "timeLimit: '20s'")
    #expect(try await complaint(chatter).contains("floods"))
    try install("mute", apply: "exec sleep 1000")
    #expect(try await complaint(rig("mute", "timeLimit: '200ms'")).contains("took too long"))
  }

  @Test("its own failures keep their kind, text and hint")
  func failures() async throws {
    try install(
      "fails",
      apply: """
        echo '{"protocol":1,"failure":{"kind":"transient","summary":"busy: hunter22",\
        "hint":"wait","retryAfterSeconds":7}}'; exit 1
        """)
    _ = try await world.secrets.reveal("${secret:env:KEY}")
    let rig = try rig("fails")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(
      failure
        == Failure(
          .transient(retryAfterMilliseconds: 7000), "plug-in fails: busy: [secret]", hint: "wait"))
  }

  @Test("paused, it is ended after its next checkpoint and carries on from there")
  func paused() async throws {
    try install(
      "long",
      apply: #"""
        case $request in
          *'"checkpoint":7'*) echo '{"protocol":1,"result":{"outputs":{"from":7}}}';;
          *) echo '{"checkpoint":7}'; exec sleep 1000;;
        esac
        """#)
    let rig = try rig("long")
    _ = try await rig.plan()
    rig.journal.askToStop()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .cancelled)
    rig.journal.askToStop(false)
    #expect(try await rig.apply().outputs == ["from": "7"])
  }

  @Test("one without a way back crosses the point of no return before it is started")
  func crossing() async throws {
    try install(
      "final", plan: #"echo '{"protocol":1,"result":{"reversal":"none","because":"gone"}}'"#,
      apply: "touch \(world.folder.file("ran"))")
    let rig = try rig("final")
    #expect(try await !rig.plan().isReversible)
    rig.journal.kill(atWrite: 1, afterWriting: false)
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(!FileManager.default.fileExists(atPath: world.folder.file("ran")))
  }

  @Test(
    "a name that could lead elsewhere, and a pin that is none, are refused",
    arguments: [
      "../x", "", ".x", "A", "a/b", "a b",
    ])
  func badNames(name: String) {
    #expect(throws: Failure.self) { try rig(name) }
    #expect(throws: Failure.self) { try rig("fine", "sha256: '\(name)'") }
  }

  @Test("one that is not there is named")
  func missing() async throws {
    #expect(try await complaint(rig("nowhere")).contains("cutover-action-nowhere in PATH"))
  }
}
