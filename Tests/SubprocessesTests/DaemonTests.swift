import Foundation
import Harness
import Testing

@testable import Subprocesses

@Suite(.waiting) struct DaemonTests {
  private func start(
    _ script: String, mark: String, in folder: String
  ) async throws -> ProcessIdentity {
    try await Daemon.start(
      shell(script, ["PATH": "/usr/bin:/bin", "CUTOVER_TEST": mark]), output: "\(folder)/out",
      errors: "\(folder)/err")
  }

  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: file, encoding: .utf8)
  }

  @Test("a daemon is found by its mark, with its children, and not by another's")
  func found() async throws {
    let folder = try TemporaryFolder()
    let mark = UUID().uuidString
    let script = "sleep 1000 & wait"
    let daemon = try await start(script, mark: mark, in: folder.path)
    var found: [ProcessIdentity] = []
    while found.count < 2 { found = try Leftovers.find("CUTOVER_TEST", mark).processes }
    #expect(found.contains(daemon))
    #expect(try Leftovers.find("CUTOVER_TEST", String(mark.dropLast())).processes.isEmpty)
    #expect(try Leftovers.find("UTOVER_TEST", mark).processes.isEmpty)
    try await Daemon.stop(daemon, grace: .seconds(10))
    #expect(try !daemon.isAlive())
    for process in found { #expect(try await ended(process.pid)) }
    #expect(try Leftovers.find("CUTOVER_TEST", mark).processes.isEmpty)
  }

  @Test("its output is appended to its files and its input is empty")
  func output() async throws {
    let folder = try TemporaryFolder()
    for word in ["one", "two"] {
      let daemon = try await start(
        "echo \(word); cat; echo e\(word) >&2", mark: UUID().uuidString, in: folder.path)
      #expect(try await ended(daemon.pid))
      try await Daemon.stop(daemon, grace: .seconds(1))
    }
    #expect(try text("\(folder.path)/out") == "one\ntwo\n")
    #expect(try text("\(folder.path)/err") == "eone\netwo\n")
  }

  @Test("stopping lets it tidy up, kills what will not go, and may be repeated")
  func stop() async throws {
    let folder = try TemporaryFolder()
    let tidy = try await start(
      "trap 'echo tidied; exit' TERM; echo ready; while :; do sleep 0.01; done",
      mark: UUID().uuidString, in: folder.path)
    while try text("\(folder.path)/out") != "ready\n" { await Task.yield() }
    try await Daemon.stop(tidy, grace: .seconds(20))
    #expect(try text("\(folder.path)/out") == "ready\ntidied\n")
    try await Daemon.stop(tidy, grace: .seconds(20))

    let stubborn = try await start(
      "trap '' TERM; echo deaf; while :; do sleep 0.01; done", mark: UUID().uuidString,
      in: folder.path)
    while try !text("\(folder.path)/out").hasSuffix("deaf\n") { await Task.yield() }
    try await Daemon.stop(stubborn, grace: .milliseconds(50))
    #expect(try !stubborn.isAlive())
  }

  @Test("it lives on when the process that started it is killed")
  func survives() async throws {
    let folder = try TemporaryFolder()
    let mark = UUID().uuidString
    // What posix_spawn makes of it is what counts: its own session, and no pipe to anybody.
    let daemon = try await start("exec sleep 1000", mark: mark, in: folder.path)
    let stat = try #require(try ProcessStat.of(daemon.pid))
    #expect(stat.session == daemon.pid && stat.group == daemon.pid)
    // A library that the program is just being loaded from may be open for a moment.
    let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd")
      .compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(daemon.pid)/fd/\($0)")
      }
      .filter { !$0.hasPrefix("/usr/lib") && !$0.hasPrefix("/lib") && !$0.hasPrefix("/etc/ld") }
    #expect(Set(links) == ["/dev/null", "\(folder.path)/out", "\(folder.path)/err"])
    try await Daemon.stop(daemon, grace: .seconds(10))
  }

  @Test("a daemon that cannot be started says why")
  func unstartable() async throws {
    await #expect(throws: SubprocessFailure.self) {
      try await Daemon.start(
        Invocation("/nowhere/at/all", environment: [:], timeLimit: nil), output: "/dev/null",
        errors: "/dev/null")
    }
    await #expect(throws: SubprocessFailure.self) {
      try await Daemon.start(shell("true"), output: "/nowhere/out", errors: "/dev/null")
    }
  }
}
