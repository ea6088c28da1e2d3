import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(.waiting) struct RequestTests {
  private static let person = Stage.person
  static let verbs: [RequestVerb] = [
    .pause(person), .resume(person), .approve(step: "a", person), .reject(step: "a", person),
    .retry(step: "é", person), .skip(step: "a", Person(name: "x", reason: "")), .rollback(person),
  ]

  @Test("every verb reads back, in the order in which it was asked")
  func verbs() async throws {
    let stage = try await Stage()
    _ = try await stage.begin()
    let other = try await stage.reopened()
    for verb in Self.verbs { _ = try await other.submit(verb, to: "r1", at: Stage.moment(4)) }
    let found = try await stage.journal.pendingRequests(for: "r1")
    #expect(found.map(\.verb) == Self.verbs)
    #expect(found.allSatisfy { $0.refusal == nil && $0.answered == nil })
    #expect(found.map(\.asked) == Self.verbs.map { _ in Stage.moment(4) })
  }

  @Test("an answer is told apart from a refusal, and comes once")
  func answers() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    let journal = stage.journal
    let done = try await journal.submit(.pause(Self.person), to: "r1", at: Stage.moment(1))
    let refused = try await journal.submit(.pause(Self.person), to: "r1", at: Stage.moment(2))
    try await stage.append(.paused(by: Self.person), at: 3, answering: done, lease: lease)
    try await journal.refuse(
      request: refused, because: "it is paused", at: Stage.moment(4), lease: lease)
    #expect(try await journal.request(done)?.refusal == "")
    #expect(try await journal.request(done)?.answered == Stage.moment(3))
    #expect(try await journal.request(refused)?.refusal == "it is paused")
    #expect(try await journal.request(99) == nil)
    #expect(try await journal.pendingRequests(for: "r1").isEmpty)
    await #expect(throws: JournalError.self) {
      try await stage.append(.paused(by: Self.person), answering: done, lease: lease)
    }
    await #expect(throws: JournalError.self) {
      try await journal.refuse(request: done, because: "no", at: Stage.moment(5), lease: lease)
    }
    #expect(try await journal.request(done)?.refusal == "")
  }

  @Test("a rollout that is unknown or has ended takes no requests")
  func noRollout() async throws {
    let stage = try await Stage()
    let unknown = await #expect(throws: JournalError.self) {
      try await stage.journal.submit(.pause(Self.person), to: "r1", at: Stage.moment(1))
    }
    #expect(unknown?.failure.summary == "there is no rollout r1")
    try await stage.complete()
    let ended = await #expect(throws: JournalError.self) {
      try await stage.journal.submit(.pause(Self.person), to: "r1", at: Stage.moment(1))
    }
    #expect(ended?.failure.summary.contains("has ended (completed)") == true)
  }

  @Test("requests that no one answers are bounded")
  func bounded() async throws {
    let stage = try await Stage()
    _ = try await stage.begin()
    let values = (0..<SQLiteJournal.pendingRequestsMax).map { _ in
      "('r1', 'pause', 'x', '', '2026-11-21T00:00:00.000Z')"
    }
    #expect(
      try stage.sqlite3(
        "INSERT INTO request (rollout, verb, who, reason, asked) VALUES "
          + values.joined(separator: ",")
      ).status == 0)
    await #expect(throws: JournalError.self) {
      try await stage.journal.submit(.pause(Self.person), to: "r1", at: Stage.moment(1))
    }
  }
}
