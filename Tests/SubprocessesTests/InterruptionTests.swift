import Foundation
import Harness
import Testing

@testable import Subprocesses

@Suite(.waiting) struct InterruptionTests {
  @Test("at its time limit a process is asked to end, and its last words are kept")
  func timeLimit() async throws {
    let outcome = try await Subprocess.run(
      shell(
        "trap 'echo tidied; exit 7' TERM; echo ready; while :; do sleep 0.01; done",
        timeLimit: .seconds(3)))
    #expect(outcome.interruption == .timeLimit)
    #expect(outcome.ending == .exited(7))
    #expect(outcome.output.text == "ready\ntidied\n")
    #expect(!outcome.succeeded)
  }

  @Test("one that does not heed the request is killed after the grace period, children included")
  func killed() async throws {
    let outcome = try await Subprocess.run(
      shell(
        "trap '' TERM; sleep 1000 & echo $!; wait; wait", ["PATH": "/usr/bin:/bin"],
        timeLimit: .seconds(3), grace: .milliseconds(100)))
    #expect(outcome.ending == .signalled(9))
    let child = try #require(Int32(outcome.output.text.dropLast()))
    #expect(try ProcessIdentity.of(child) == nil)
  }

  @Test("a stopped process is woken to end")
  func stopped() async throws {
    let outcome = try await Subprocess.run(
      shell("kill -STOP $$", timeLimit: .milliseconds(200), grace: .seconds(20)))
    #expect(outcome.ending == .signalled(15))
    #expect(outcome.elapsed < .seconds(15))
  }

  @Test("cancelling the task ends the process")
  func cancelled() async throws {
    let lines = Collector()
    let task = Task {
      try await Subprocess.run(shell("echo $$; sleep 1000", timeLimit: nil)) { _, line in
        lines.add(String(decoding: line, as: UTF8.self))
      }
    }
    while lines.all.isEmpty { await Task.yield() }
    task.cancel()
    let outcome = try await task.value
    #expect(outcome.interruption == .cancellation)
    #expect(outcome.ending == .signalled(15))
  }

  @Test("a task that is cancelled beforehand still gets an outcome, at once")
  func cancelledBefore() async throws {
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await Subprocess.run(shell("sleep 1000", timeLimit: nil))
    }
    #expect(try await task.value.interruption == .cancellation)
  }

  @Test("a child left in the group is killed when its parent ends, and does not delay the outcome")
  func leftInGroup() async throws {
    let outcome = try await Subprocess.run(shell("sleep 1000 & echo $!"))
    #expect(outcome.succeeded && outcome.leftOthers)
    let child = try #require(Int32(outcome.output.text.dropLast()))
    #expect(try await ended(child))
  }

  @Test("a child that left the group and holds the output open lives on, but we do not wait for it")
  func escaped() async throws {
    let folder = try TemporaryFolder()
    let mark = UUID().uuidString
    let outcome = try await Subprocess.run(
      shell(
        "setsid sh -c 'echo > left; exec sleep 1000' & while ! [ -e left ]; do :; done",
        ["PATH": "/usr/bin:/bin", "CUTOVER_TEST": mark], folder: folder.path))
    #expect(outcome.succeeded && outcome.leftOthers)
    let left = try Leftovers.find("CUTOVER_TEST", mark).processes
    #expect(left.count == 1)
    for process in left { #expect(try process.signal(9)) }
  }
}

/// Waits, not longer than a few seconds of polling, until a process is gone or a mere zombie.
func ended(_ pid: Int32) async throws -> Bool {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if try ProcessIdentity.of(pid) == nil { return true }
    await Task.yield()
  }
  return false
}

func command(of process: ProcessIdentity) throws -> String {
  let bytes = try ProcFile.read("/proc/\(process.pid)/cmdline")
  return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    .joined(separator: " ")
}
