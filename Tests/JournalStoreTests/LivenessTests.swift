import Foundation
import Harness
import JournalStore
import Rollouts
import Testing

@Suite(.waiting) struct LivenessTests {
  @Test("this process lives, and its holder reads back from the journal alive")
  func alive() async throws {
    let stage = try await Stage()
    let me = try LeaseHolder.thisProcess(person: "ann")
    _ = try await stage.journal.acquire("prod", as: me, takingOver: nil, at: Stage.moment(0))
    #expect(try await stage.journal.lease(on: "prod")?.holder.liveness == .alive)
  }

  @Test("a process that has ended is dead, also when its number is used again")
  func dead() throws {
    let me = try LeaseHolder.thisProcess(person: "ann")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/true")
    try process.start()
    process.waitUntilExit()
    var ended = me
    ended.pid = Int(process.processIdentifier)
    guard case .dead = ended.liveness else {
      Issue.record("\(ended.liveness)")
      return
    }
    // The number of a living process with the start of another one.
    var reused = me
    reused.pid = Int(getppid())
    #expect(reused.liveness == .dead("process \(getppid()) is another program now"))
  }

  @Test("a machine that was started again has no living process of before")
  func rebooted() throws {
    var former = try LeaseHolder.thisProcess(person: "ann")
    former.incarnation =
      "0/" + former.incarnation.split(separator: "/").dropFirst().joined(separator: "/")
    #expect(former.liveness == .dead("\(former.host) was started again since"))
  }

  @Test("from another host or container nothing is guessed")
  func unknown() throws {
    let me = try LeaseHolder.thisProcess(person: "ann")
    guard case .unknown(let text) = me.liveness(seenFrom: "elsewhere") else {
      Issue.record("guessed")
      return
    }
    #expect(text.contains("look there"))
    var parts = me.incarnation.split(separator: "/").map(String.init)
    parts[1] = "pid:[1]"
    var contained = me
    contained.incarnation = parts.joined(separator: "/")
    guard case .unknown = contained.liveness else {
      Issue.record("guessed")
      return
    }
    contained.incarnation = ""
    guard case .unknown = contained.liveness else {
      Issue.record("guessed")
      return
    }
  }
}
