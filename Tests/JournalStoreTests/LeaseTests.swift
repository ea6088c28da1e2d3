import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(.waiting) struct LeaseTests {
  @Test("a held lease says who holds it, and since when")
  func held() async throws {
    let stage = try await Stage()
    let lease = try await stage.journal.acquire(
      "prod", as: Stage.holder, takingOver: nil, at: Stage.moment(1))
    #expect(lease.epoch == 1)
    let other = try await stage.reopened()
    #expect(try await other.lease(on: "prod") == lease)
    let error = await #expect(throws: JournalError.self) {
      try await other.acquire("prod", as: Stage.rival, takingOver: nil, at: Stage.moment(2))
    }
    #expect(error?.holder == Stage.holder)
    // Another environment is another lease.
    _ = try await other.acquire("test", as: Stage.rival, takingOver: nil, at: Stage.moment(2))
  }

  @Test("of many who race, one gets the lease")
  func race() async throws {
    let stage = try await Stage()
    let journals = [try await stage.reopened(), try await stage.reopened(), stage.journal]
    let won = await withTaskGroup(of: Int?.self) { group in
      for number in 0..<30 {
        group.addTask {
          let lease = try? await journals[number % 3].acquire(
            "prod", as: Stage.holder, takingOver: nil, at: Stage.moment(number))
          return lease?.epoch
        }
      }
      return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
    }
    #expect(won == [1])
  }

  @Test("taking over names the very lease that is taken, so that two cannot both take it")
  func takeOver() async throws {
    let stage = try await Stage()
    let first = try await stage.begin()
    let second = try await stage.journal.acquire(
      "prod", as: Stage.rival, takingOver: first.epoch, at: Stage.moment(2))
    #expect(second.epoch == 2)
    let error = await #expect(throws: JournalError.self) {
      try await stage.journal.acquire(
        "prod", as: Stage.holder, takingOver: first.epoch, at: Stage.moment(3))
    }
    #expect(error?.holder == Stage.rival)
  }

  @Test("a driver that lost its lease writes nothing, whatever it tries")
  func fenced() async throws {
    let stage = try await Stage()
    let old = try await stage.begin()
    let request = try await stage.journal.submit(
      .pause(Stage.person), to: "r1", at: Stage.moment(1))
    let taken = try await stage.reopened().acquire(
      "prod", as: Stage.rival, takingOver: old.epoch, at: Stage.moment(2))
    let before = try stage.sqlite3(".dump").text
    let journal = stage.journal
    let attempts: [@Sendable () async throws -> Void] = [
      {
        try await stage.append(.crossed(step: "a"), live: .green, answering: request, lease: old)
      },
      { try await journal.renew(old, at: Stage.moment(3)) },
      {
        try await journal.save(
          checkpoint: "{}", of: "a", in: "r1", at: Stage.moment(3), lease: old)
      },
      {
        try await journal.refuse(request: request, because: "no", at: Stage.moment(3), lease: old)
      },
      {
        try await journal.setLive(.green, of: "prod", by: Stage.person, lease: old)
      },
      {
        try await journal.begin(
          Stage.rollout("r2"), fact: .started(by: Stage.person), lease: old)
      },
    ]
    for attempt in attempts {
      let error = await #expect(throws: JournalError.self) { try await attempt() }
      guard case .fenced(let current) = error else {
        Issue.record("not fenced: \(String(describing: error))")
        continue
      }
      #expect(current == taken)
    }
    // Letting go of what is lost already is success, and changes nothing either.
    try await journal.release(old)
    #expect(try stage.sqlite3(".dump").text == before)
    #expect(try await journal.lease(on: "prod") == taken)
  }

  @Test("a released lease is free, its epoch is not used again, and its owner is fenced")
  func released() async throws {
    let stage = try await Stage()
    let first = try await stage.begin()
    try await stage.journal.release(first)
    #expect(try await stage.journal.lease(on: "prod") == nil)
    let error = await #expect(throws: JournalError.self) {
      try await stage.append(.crossed(step: "a"), lease: first)
    }
    #expect(error?.isFenced == true)
    let second = try await stage.journal.acquire(
      "prod", as: Stage.holder, takingOver: nil, at: Stage.moment(5))
    #expect(second.epoch == 2)
    try await stage.append(.crossed(step: "a"), lease: second)
  }

  @Test("the lease of one environment drives no rollout of another")
  func wrongEnvironment() async throws {
    let stage = try await Stage()
    _ = try await stage.begin("r1", environment: "prod")
    let other = try await stage.begin("r2", environment: "test")
    await #expect(throws: JournalError.self) {
      try await stage.append(.crossed(step: "a"), to: "r1", lease: other)
    }
    await #expect(throws: JournalError.self) {
      try await stage.journal.save(
        checkpoint: "{}", of: "a", in: "r1", at: Stage.moment(1), lease: other)
    }
    await #expect(throws: JournalError.self) {
      try await stage.journal.setLive(.green, of: "prod", by: Stage.person, lease: other)
    }
    #expect(try await stage.journal.facts(of: "r1", after: 0, limit: 9).count == 1)
  }

  @Test("renewing moves the heartbeat and nothing else")
  func renewed() async throws {
    let stage = try await Stage()
    var lease = try await stage.begin()
    try await stage.journal.renew(lease, at: Stage.moment(60))
    lease.heartbeat = Stage.moment(60)
    #expect(try await stage.journal.lease(on: "prod") == lease)
  }
}
