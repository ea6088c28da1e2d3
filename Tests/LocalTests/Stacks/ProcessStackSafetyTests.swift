import Foundation
import Glibc
import Harness
import Resources
import Subprocesses
import Testing

@testable import Local

@Suite(.waiting, .timeLimit(.minutes(15))) struct ProcessStackSafetyTests {
  private func refusals(_ stage: StackStage, at path: String) async throws -> Int {
    var count = 0
    func expect(_ body: () async throws -> Void) async {
      do { try await body() } catch let failure as Failure where failure.kind == .refused {
        count += 1
      } catch {}
    }
    await expect { _ = try await stage.open(path).description() }
    await expect { _ = try await stage.open(path).changes(stage.asks()) }
    await expect { _ = try await stage.open(path).deploy(stage.asks()) { _ in } }
    await expect { try await stage.open(path).destroy { _ in } }
    return count
  }

  private func listing(_ stage: StackStage) throws -> String {
    try Tool.run(["find", stage.folder.path, "-printf", "%p %y %m %s %T@\\n"]).text
  }

  @Test("a folder without the mark of a stack is refused by every verb and stays as it is")
  func foreign() async throws {
    let stage = try StackStage()
    let full = stage.folder.file("full")
    let empty = stage.folder.file("empty")
    let file = stage.folder.file("file")
    let link = stage.folder.file("link")
    for path in [full, empty] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try "mine".write(toFile: "\(full)/notes", atomically: true, encoding: .utf8)
    try "mine".write(toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: empty)
    let before = try listing(stage)
    for path in [full, empty, file, link] {
      #expect(try await refusals(stage, at: path) == 4, "\(path)")
    }
    #expect(try listing(stage) == before)
  }

  @Test("a copy of an instance is not the stack: it is refused, and the stack runs on")
  func copy() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy()
    let copy = stage.folder.file("stacks/copy")
    try FileManager.default.copyItem(atPath: stage.instance, toPath: copy)
    #expect(try await refusals(stage, at: copy) == 4)
    #expect(try await stage.open().description()?.state == .healthy)
  }

  @Test("a damaged mark, or one of another version, is refused and nothing is touched")
  func damagedMark() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy()
    let running = try stage.processes()
    let mark = StackRecord.path(in: stage.instance)
    let good = try stage.text(mark)
    for bad in ["", "{", "[]", #"{"stack":2}"#, #"{"stack":1}"#, String(good.dropLast(20))] {
      try bad.write(toFile: mark, atomically: true, encoding: .utf8)
      await #expect(throws: Failure.self) { try await stage.open().description() }
      await #expect(throws: Failure.self) { try await stage.open().destroy { _ in } }
      await #expect(throws: Failure.self) { try await stage.deploy() }
    }
    try good.write(toFile: mark, atomically: true, encoding: .utf8)
    #expect(try stage.processes() == running)
    #expect(try await stage.open().description()?.state == .healthy)
  }

  @Test("one instance is reached through a link above it as well, and is one stack")
  func linkAbove() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy()
    let link = stage.folder.file("link")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: stage.folder.file("stacks"))
    #expect(try await stage.open("\(link)/./blue").description()?.state == .healthy)
    try await stage.open("\(link)//blue").destroy { _ in }
    #expect(try await stage.open().description() == nil)
    // The same when the folders between are made by the deploy itself.
    _ = try await stage.open("\(link)/new/blue").deploy(stage.asks()) { _ in }
    #expect(try await stage.open("\(link)/new/blue").description()?.state == .healthy)
    let real = stage.folder.file("stacks/new/blue")
    #expect(try await stage.open(real).description()?.state == .healthy)
    try await stage.open(real).destroy { _ in }
  }

  @Test("a process that only has a recorded number, and not its start time, is left alone")
  func reusedNumber() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy()
    let path = ServiceRun.path(in: stage.instance, "web")
    for process in try stage.processes() { try await Daemon.stop(process, grace: .seconds(5)) }
    let me = try ProcessIdentity.current()
    let service = try #require(try StackRecord.read(in: stage.instance)?.services.first)
    let run = try #require(ServiceRun.read(path))
    let other = ProcessIdentity(pid: me.pid, startTicks: me.startTicks + 1, bootID: me.bootID)
    try DurableFile.write(
      path, StackRecord.bytes(of: ServiceRun(service, digest: run.digest, other)))
    #expect(try await stage.open().description()?.state == .stopped)
    try await stage.open().destroy { _ in }
    #expect(try me.isAlive())
  }

  @Test("destroy ends what ignores being asked, and what left the group, before the folder goes")
  func stubborn() async throws {
    let stage = try StackStage(
      """
      { stack: 1, services: { web: {
        command: ["sh", "-c", "trap '' TERM; setsid sleep 1000 & sleep 1000 & \
      touch ${stack.folder}/up; while :; do sleep 1; done"],
        health: { command: ["test", "-e", "${stack.folder}/up"], within: "20s" },
        startWithin: "60m", stopWithin: "100ms" } } }
      """)
    _ = try await stage.deploy()
    var running = try stage.processes()
    while running.count < 4 { running = try stage.processes() }
    try await stage.open().destroy { _ in }
    for process in running { #expect(try !process.isAlive()) }
    #expect(!FileManager.default.fileExists(atPath: stage.instance))
    #expect(try stage.siblings() == [])
  }

  @Test("removing an instance follows no link out of it")
  func links() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy()
    let outside = stage.folder.file("outside")
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    try "mine".write(toFile: "\(outside)/notes", atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: "\(stage.instance)/logs/away", withDestinationPath: outside)
    try await stage.open().destroy { _ in }
    #expect(try stage.text("\(outside)/notes") == "mine")
  }

  @Test("a secret reaches the service's environment, and no file, message or description")
  func secrets() async throws {
    let stage = try StackStage(
      """
      { stack: 1, parameters: { password: { secret: true } }, services: { web: {
        command: ["sh", "-c",
          "echo logged: $PASSWORD; printf '%s' \\"$PASSWORD\\" | wc -c; exec false"],
        environment: { PASSWORD: "${param.password}" },
        health: { command: ["true"], within: "20s" } } } }
      """)
    let secret = try await stage.secrets.reveal("${secret:test:word}")
    let failure = try await stage.failure(["password": secret])
    #expect(failure.summary.contains("logged: [secret]"))
    #expect(failure.summary.contains("| \(secret.utf8.count)"))
    #expect(!failure.description.contains(secret))
    // Its own log is the service's affair; nothing else may hold it.
    let found = try Tool.run(["grep", "-rlF", secret, stage.instance])
    let names = found.text.split(separator: "\n").map { $0.split(separator: "/").suffix(2) }
    #expect(names.allSatisfy { $0.first == "logs" })
    let shown = try await stage.open().changes(stage.asks(["password": "another"]))
    #expect(shown.contains("parameter password: a secret → a secret"))
    #expect(!shown.joined().contains("another"))
  }

  @Test("a secret given to a parameter that is not declared as one is refused")
  func undeclaredSecret() async throws {
    let stage = try StackStage()
    let secret = try await stage.secrets.reveal("${secret:test:word}")
    let failure = try await stage.failure(["release": secret])
    #expect(failure.kind == .refused && !failure.description.contains(secret))
    #expect(try await stage.open().description() == nil)
  }

  @Test("while one run changes an instance, another waits, then says so")
  func contended() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy()
    let lock = try #require(try InstanceFolder(stage.open().url).lock())
    #expect(try await stage.open().description()?.state == .changing)
    let failure = try await stage.failure()
    #expect(failure.isTransient && failure.summary.contains("another process"))
    withExtendedLifetime(lock) {}
  }
}
