import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(.waiting) struct KillTests {
  /// Reads lines until `count` facts are reported; answers the last one's number.
  private static func await(_ count: Int, from pipe: Pipe) throws -> Int {
    var buffer: [UInt8] = []
    var last = 0
    var seen = 0
    while seen < count {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else {
        throw HarnessError("the child ended: \(String(decoding: buffer, as: UTF8.self))")
      }
      buffer += data
      while let end = buffer.firstIndex(of: 10) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        guard line.hasPrefix("wrote "), let number = Int(line.dropFirst(6)) else { continue }
        last = number
        seen += 1
      }
    }
    return last
  }

  @Test("killed at any moment, a driver leaves a sound journal with all that it had reported")
  func killed() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    try await stage.journal.release(lease)
    for round in 0..<8 {
      let child = try Child.start(on: stage.path)
      let reported = try Self.await(1 + round * 13, from: child.lines)
      kill(child.process.processIdentifier, SIGKILL)
      child.process.waitUntilExit()
      // What it still wrote before the signal came is in the pipe.
      let rest = child.lines.fileHandleForReading.readDataToEndOfFile()
      let last =
        String(decoding: rest, as: UTF8.self).split(separator: "\n")
        .compactMap { $0.hasPrefix("wrote ") ? Int($0.dropFirst(6)) : nil }.last ?? reported

      let journal = try await stage.reopened()
      let audit = try await journal.verify()
      #expect(audit.damages == [])
      #expect(audit.factCount >= last && audit.factCount <= last + 1)
      let checkpoint = try await journal.checkpoint(of: "a", in: "r1").flatMap { Int($0) } ?? 0
      #expect(checkpoint >= last && checkpoint <= audit.factCount)

      let held = try #require(try await journal.lease(on: "prod"))
      #expect(held.holder.pid == Int(child.process.processIdentifier))
      guard case .dead = held.holder.liveness else {
        Issue.record("the killed driver is said to be \(held.holder.liveness)")
        return
      }
      await journal.close()
    }
  }

  @Test("a second process is told who drives, takes over, and the first one is fenced")
  func twoProcesses() async throws {
    let stage = try await Stage()
    try await stage.journal.release(try await stage.begin())
    let child = try Child.start(on: stage.path)
    defer { child.process.terminate() }
    _ = try Self.await(5, from: child.lines)
    let me = try LeaseHolder.thisProcess(person: "ann")
    let error = await #expect(throws: JournalError.self) {
      try await stage.journal.acquire("prod", as: me, takingOver: nil, at: Stage.moment(9))
    }
    guard case .held(let lease) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(lease.holder.pid == Int(child.process.processIdentifier))
    #expect(lease.holder.liveness == .alive)
    let mine = try await stage.journal.acquire(
      "prod", as: me, takingOver: lease.epoch, at: Stage.moment(9))
    let before = try await stage.journal.verify().factCount
    // The child meets the fence at its next write, and its test fails: that ends it.
    child.process.waitUntilExit()
    #expect(child.process.terminationStatus != 0)
    #expect(try await stage.journal.verify().factCount == before)
    try await stage.append(.crossed(step: "a"), lease: mine)
  }
}
