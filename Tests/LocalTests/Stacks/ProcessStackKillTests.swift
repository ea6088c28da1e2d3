import Foundation
import Glibc
import Harness
import Resources
import Subprocesses
import Synchronization
import Testing

@testable import Local

/// A run of its own in another process, this same test program started once more, that is killed.
enum StackChild {
  static let variable = "CUTOVER_TEST_CHILD_STACK"
  static var words: [String]? {
    ProcessInfo.processInfo.environment[variable]?.split(separator: "|").map(String.init)
  }

  /// Starts a process that deploys (or destroys) and kills itself at its n-th note; 0 is never.
  static func start(_ stage: StackStage, release: String, dyingAt number: Int) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments =
      Array(CommandLine.arguments.dropFirst().prefix { !$0.hasPrefix("--filter") })
      + ["--testing-library", "swift-testing", "--filter", "StackChildTests"]
    process.environment = ProcessInfo.processInfo.environment.merging([
      variable: "\(stage.template)|\(stage.instance)|\(release)|\(number)"
    ]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.start()
    return process
  }

  static func run(_ stage: StackStage, release: String, dyingAt number: Int) throws -> Bool {
    let process = try start(stage, release: release, dyingAt: number)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }
}

@Suite(
  .waiting, .enabled(if: StackChild.words != nil, "runs in child processes of the kill tests only"))
struct StackChildTests {
  @Test("a run deploys or destroys, and kills itself at a note")
  func work() async throws {
    let words = try #require(StackChild.words)
    let stack = try ProcessStack(
      ResourceURL("process://\(words[1])"),
      in: ProviderContext(
        secrets: Secrets { _, _ throws(Failure) in nil },
        clock: ManualClock(movesByItself: true)))
    let left = Mutex(try #require(Int(words[3])))
    let note: ProcessStack.Note = { (_: String) async throws(Failure) in
      let isOver = left.withLock { left in
        left -= 1
        return left == 0
      }
      if isOver { kill(getpid(), SIGKILL) }
    }
    if words[2] == "-" {
      try await stack.destroy(note: note)
    } else {
      let template = StackTemplate(location: words[0], parameters: ["release": words[2]])
      _ = try await stack.deploy(template, note: note)
    }
  }
}

@Suite(.waiting, .timeLimit(.minutes(15))) struct ProcessStackKillTests {
  /// Brings the stack to a release and checks that it runs once, and nothing else is there.
  private func settle(_ stage: StackStage, _ release: String) async throws -> ProcessIdentity {
    #expect(try await stage.deploy(["release": release]) == ["release": release])
    let found = try #require(try await stage.open().description())
    #expect(found.state == .healthy && found.outputs == ["release": release])
    #expect(try await stage.open().changes(stage.asks(["release": release])) == [])
    let running = try stage.processes()
    #expect(running.count == 1, "\(running)")
    let process = try #require(running.first)
    let environment = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(process.pid)/environ"))
    #expect(environment.split(separator: 0).contains(Data("RELEASE=\(release)".utf8)))
    #expect(try stage.siblings() == [])
    let copies = try FileManager.default.contentsOfDirectory(atPath: stage.instance)
      .filter { $0.hasPrefix("template-") || $0.hasPrefix("incoming-") }
    #expect(copies.count == 1, "\(copies)")
    return process
  }

  @Test("what a killed process had brought up lives on, and is the same for the next one")
  func survives() async throws {
    let stage = try StackStage()
    #expect(try !StackChild.run(stage, release: "1", dyingAt: 0))
    let running = try stage.processes()
    #expect(running.count == 1)
    #expect(try await stage.open().description()?.state == .healthy)
    #expect(try await settle(stage, "1") == running.first)
  }

  @Test("killed at its n-th note, n = 1, 2, 3 …, a run is carried on by the next one")
  func killedAtNotes() async throws {
    let stage = try StackStage()
    var killCount = 0
    for number in 1...10 {
      var wasKilled = false
      for (release, next) in [("1", "1"), ("2", "2"), ("3", "1")] {
        if try StackChild.run(stage, release: release, dyingAt: number) { wasKilled = true }
        _ = try await settle(stage, next)
      }
      if try StackChild.run(stage, release: "-", dyingAt: number) { wasKilled = true }
      if number.isMultiple(of: 2) { _ = try await settle(stage, "1") }
      try await stage.open().destroy { _ in }
      #expect(try await stage.open().description() == nil)
      #expect(try stage.siblings() == [])
      if !wasKilled { break }
      killCount += 1
    }
    #expect(killCount >= 2 && killCount < 10)
  }

  @Test("killed after it started a process and before it wrote that down, it is found and adopted")
  func adopted() async throws {
    let stage = try StackStage()
    let first = try await settle(stage, "1")
    // Writing the number down blocks as long as nobody reads from this pipe.
    let pipe = ServiceRun.path(in: stage.instance, "web") + ".new"
    #expect(mkfifo(pipe, 0o600) == 0)
    let child = try StackChild.start(stage, release: "2", dyingAt: 0)
    let record = try #require(try StackRecord.read(in: stage.instance))
    var started: ProcessIdentity?
    while started == nil {
      let wanted = try StackRecord.read(in: stage.instance)
      let digest = try wanted.map { try ProcessStack.digests(of: $0)["web"] ?? "" } ?? ""
      started = try Leftovers.find(Census.serviceMark, "\(record.id)/web/\(digest)").processes
        .first { $0 != first }
      await Task.yield()
    }
    kill(child.processIdentifier, SIGKILL)
    child.waitUntilExit()
    unlink(pipe)
    #expect(ServiceRun.read(ServiceRun.path(in: stage.instance, "web"))?.identity == first)
    let notes = Mutex<[String]>([])
    _ = try await stage.open().deploy(stage.asks(["release": "2"])) { note in
      notes.withLock { $0.append(note) }
    }
    #expect(notes.withLock { $0.filter { $0.hasPrefix("started") } } == [])
    #expect(notes.withLock { $0.contains { $0.hasPrefix("found web running") } })
    #expect(try await settle(stage, "2") == started)
    try await stage.open().destroy { _ in }
  }

  @Test("killed at any moment, a run leaves nothing that the next one cannot carry on from")
  func killedAnywhere() async throws {
    let stage = try StackStage()
    for round in 0..<12 {
      let release = round % 4 == 3 ? "-" : "\(round % 4)"
      let child = try StackChild.start(stage, release: release, dyingAt: 0)
      // Each round the child gets a little further: so many looks at the process list take time.
      for _ in 0..<(round * 7) where child.isRunning { _ = try Leftovers.find("NONE", "") }
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
      _ = try await settle(stage, "\(round % 3)")
      if round % 5 == 4 {
        try await stage.open().destroy { _ in }
        #expect(try await stage.open().description() == nil)
        #expect(try stage.siblings() == [])
      }
    }
    try await stage.open().destroy { _ in }
  }
}
