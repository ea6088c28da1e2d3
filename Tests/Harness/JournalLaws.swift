import Resources
package import Rollouts

/// The laws of `Journal`, for any implementation.
package struct JournalLaws: Sendable {
  /// Opens the journal anew, as another process would; empty when the laws begin.
  package let open: @Sendable () async throws -> any Journal

  package init(open: @escaping @Sendable () async throws -> any Journal) { self.open = open }

  /// Checks every law, one after the other.
  package func check() async throws {
    try await whatIsWrittenIsReadByOthers()
    try await sequencesHaveNoGaps()
    try await oneRolloutIsOpen()
    try await theNewestLeaseWrites()
    try await aLeaseIsHeldByOne()
    try await factColourAndAnswerAreOne()
    try await theColourChangesWhenItFlips()
    try await anEndedRolloutTakesNothing()
    try await checkpointsAreReplaced()
    try await requestsAreAnsweredOnce()
    try await aPersonSetsTheColour()
  }

  private static let person = Person(name: "ann", role: "release", reason: "it is time")
  private static let holder = LeaseHolder(person: "ann", host: "h", pid: 1, incarnation: "1")
  private static let rival = LeaseHolder(person: "bob", host: "h", pid: 2, incarnation: "2")

  private static func moment(_ seconds: Int) -> Timestamp {
    Timestamp(milliseconds: 1_790_000_000_000 + Int64(seconds) * 1000)
  }

  /// Each law has an environment of its own, and a rollout of the same name in it.
  private func begin(
    _ name: String, id: String? = nil, from: Colour = .blue, _ journal: any Journal
  ) async throws -> Lease {
    let lease = try await journal.acquire(
      name, as: Self.holder, takingOver: nil, at: Self.moment(0))
    try await journal.begin(
      rollout(name, id: id, from: from), fact: .started(by: Self.person), lease: lease)
    return lease
  }

  private func rollout(_ name: String, id: String? = nil, from: Colour = .blue) -> RolloutRecord {
    RolloutRecord(
      id: id ?? name, environment: name, from: from, to: from.other, playbook: "{}",
      playbookName: "p.json5", parameters: "{}", preview: "{}", started: Self.moment(0))
  }

  private func append(
    _ fact: Fact, _ id: String, at seconds: Int = 1, live: Colour? = nil,
    answering request: Int? = nil, _ lease: Lease, _ journal: any Journal
  ) async throws(JournalError) -> FactRecord {
    try await journal.append(
      fact, to: id, at: Self.moment(seconds), live: live, answering: request, lease: lease)
  }

  private func live(_ name: String, _ journal: any Journal) async throws -> EnvironmentRecord? {
    try await journal.environments().first { $0.name == name }
  }

  /// The error of a call that must fail.
  private func refusal(
    _ law: String, _ body: () async throws -> Void
  ) async throws -> JournalError {
    do {
      try await body()
    } catch let error as JournalError {
      return error
    }
    throw BrokenLaw(law)
  }

  private func whatIsWrittenIsReadByOthers() async throws {
    let lease = try await begin("read", try await open())
    let record = try await append(.crossed(step: "a"), "read", lease, try await open())
    let other = try await open()
    try hold(
      "a rollout is read as it was begun", try await other.rollout("read") == rollout("read"))
    try hold(
      "facts are read as they were appended",
      try await other.facts(of: "read", after: 1, limit: 9) == [record])
    try hold(
      "a new environment has the colour that its first rollout starts from",
      try await live("read", other)?.live == .blue)
    try hold("a lease is read as it was given", try await other.lease(on: "read") == lease)
    try hold("what is not there is nil", try await other.rollout("nope") == nil)
  }

  private func sequencesHaveNoGaps() async throws {
    let journal = try await open()
    let lease = try await begin("gaps", journal)
    for number in 2...12 {
      let record = try await append(.noted(step: nil, text: "\(number)"), "gaps", lease, journal)
      try hold("facts are numbered in order", record.sequence == number, record.sequence)
    }
    let page = try await journal.facts(of: "gaps", after: 3, limit: 4).map(\.sequence)
    try hold("a page begins after a number and keeps its limit", page == [4, 5, 6, 7], page)
  }

  private func oneRolloutIsOpen() async throws {
    let journal = try await open()
    let lease = try await begin("one", journal)
    let error = try await refusal("a second rollout cannot begin") {
      try await journal.begin(
        rollout("one", id: "two"), fact: .started(by: Self.person), lease: lease)
    }
    guard case .rolloutOpen("one") = error else {
      throw BrokenLaw("the refusal names the open rollout; found \(error)")
    }
    try hold("a refused rollout is not there", try await journal.rollout("two") == nil)
    try hold("the open rollout is found", try await journal.openRollout(in: "one")?.id == "one")
  }

  private func theNewestLeaseWrites() async throws {
    let journal = try await open()
    let old = try await begin("fence", journal)
    let request = try await journal.submit(.pause(Self.person), to: "fence", at: Self.moment(1))
    let new = try await journal.acquire(
      "fence", as: Self.rival, takingOver: old.epoch, at: Self.moment(2))
    try hold("taking over begins a newer epoch", new.epoch > old.epoch)
    let writes: [(String, @Sendable () async throws -> Void)] = [
      (
        "append",
        { _ = try await append(.crossed(step: "a"), "fence", live: .green, old, journal) }
      ),
      ("renew", { try await journal.renew(old, at: Self.moment(3)) }),
      (
        "save",
        {
          try await journal.save(
            checkpoint: "1", of: "a", in: "fence", at: Self.moment(3), lease: old)
        }
      ),
      (
        "refuse",
        {
          try await journal.refuse(
            request: request, because: "no", at: Self.moment(3), lease: old)
        }
      ),
      ("setLive", { try await journal.setLive(.green, of: "fence", by: Self.person, lease: old) }),
    ]
    for (name, write) in writes {
      let error = try await refusal("\(name) with a lost lease is refused") { try await write() }
      guard case .fenced(let current) = error, current == new else {
        throw BrokenLaw("\(name) with a lost lease is fenced by the newer one; found \(error)")
      }
    }
    try await journal.release(old)
    try hold("a lost lease releases nothing", try await journal.lease(on: "fence") == new)
    let pending = try await journal.pendingRequests(for: "fence").map(\.id)
    let found = try await traces("fence", journal)
    try hold(
      "a fenced driver has written nothing",
      found == Traces(factCount: 1, live: .blue, checkpoint: nil) && pending == [request], found)
  }

  /// What a write could have left behind.
  private struct Traces: Equatable {
    let factCount: Int
    let live: Colour?
    let checkpoint: String?
  }

  private func traces(_ name: String, _ journal: any Journal) async throws -> Traces {
    Traces(
      factCount: try await journal.facts(of: name, after: 0, limit: 99).count,
      live: try await live(name, journal)?.live,
      checkpoint: try await journal.checkpoint(of: "a", in: name))
  }

  private func aLeaseIsHeldByOne() async throws {
    let journal = try await open()
    let first = try await journal.acquire(
      "lease", as: Self.holder, takingOver: nil, at: Self.moment(0))
    let error = try await refusal("a held lease is not given again") {
      _ = try await journal.acquire("lease", as: Self.rival, takingOver: nil, at: Self.moment(1))
    }
    guard case .held(first) = error else {
      throw BrokenLaw("a held lease is shown to who wants it; found \(error)")
    }
    try await journal.renew(first, at: Self.moment(5))
    try hold(
      "renewing moves the heartbeat",
      try await journal.lease(on: "lease")?.heartbeat == Self.moment(5))
    try await journal.release(first)
    try hold("a released lease is gone", try await journal.lease(on: "lease") == nil)
    let next = try await journal.acquire(
      "lease", as: Self.rival, takingOver: nil, at: Self.moment(6))
    try hold("no epoch is given twice", next.epoch > first.epoch, next.epoch)
  }

  private func factColourAndAnswerAreOne() async throws {
    let journal = try await open()
    let lease = try await begin("atomic", journal)
    let request = try await journal.submit(.pause(Self.person), to: "atomic", at: Self.moment(1))
    _ = try await refusal("a fact that answers no request is refused") {
      _ = try await append(
        .paused(by: Self.person), "atomic", live: .green, answering: request + 1000, lease, journal)
    }
    let refused = try await traces("atomic", journal)
    try hold(
      "with the answer, fact and colour are left out, too",
      refused == Traces(factCount: 1, live: .blue, checkpoint: nil), refused)
    _ = try await append(
      .paused(by: Self.person), "atomic", live: .green, answering: request, lease, journal)
    let written = try await traces("atomic", journal)
    let answer = try await journal.request(request)?.refusal
    try hold(
      "a fact is written with its colour and its answer",
      written == Traces(factCount: 2, live: .green, checkpoint: nil) && answer == "", written)
  }

  private func theColourChangesWhenItFlips() async throws {
    let journal = try await open()
    let lease = try await begin("flip", journal)
    for (seconds, colour) in [(1, Colour.blue), (2, .green), (3, .green)] {
      _ = try await append(
        .noted(step: nil, text: ""), "flip", at: seconds, live: colour, lease, journal)
    }
    let found = try await live("flip", journal)
    try hold(
      "the colour is as old as its last change",
      found == EnvironmentRecord(name: "flip", live: .green, since: Self.moment(2)), found as Any)
    _ = try await append(.completed, "flip", at: 4, lease, journal)
    _ = try await refusal("a rollout starts from the colour that is live") {
      try await journal.begin(
        rollout("flip", id: "flip2"), fact: .started(by: Self.person), lease: lease)
    }
    try await journal.begin(
      rollout("flip", id: "flip2", from: .green), fact: .started(by: Self.person), lease: lease)
  }

  private func anEndedRolloutTakesNothing() async throws {
    let journal = try await open()
    let lease = try await begin("end", journal)
    _ = try await append(.rolledBack, "end", at: 7, lease, journal)
    let record = try await journal.rollout("end")
    try hold(
      "a rollout ends with its last fact",
      record?.ended == Self.moment(7) && record?.outcome == "rolled-back", record as Any)
    try hold("it is not open any more", try await journal.openRollout(in: "end") == nil)
    _ = try await refusal("an ended rollout takes no fact") {
      _ = try await append(.noted(step: nil, text: "late"), "end", lease, journal)
    }
    _ = try await refusal("an ended rollout takes no request") {
      _ = try await journal.submit(.pause(Self.person), to: "end", at: Self.moment(8))
    }
  }

  private func checkpointsAreReplaced() async throws {
    let journal = try await open()
    let lease = try await begin("check", journal)
    for text in ["{\"page\":1}", "{\"page\":2}"] {
      try await journal.save(
        checkpoint: text, of: "a", in: "check", at: Self.moment(1), lease: lease)
    }
    try hold(
      "the last checkpoint stays",
      try await open().checkpoint(of: "a", in: "check") == "{\"page\":2}")
    try await journal.save(checkpoint: nil, of: "a", in: "check", at: Self.moment(1), lease: lease)
    try hold(
      "a removed checkpoint is gone", try await journal.checkpoint(of: "a", in: "check") == nil)
  }

  private func requestsAreAnsweredOnce() async throws {
    let journal = try await open()
    let lease = try await begin("ask", journal)
    let verbs: [RequestVerb] = [
      .pause(Self.person), .skip(step: "a", Self.person), .rollback(Self.person),
    ]
    var ids: [Int] = []
    for verb in verbs {
      ids.append(try await journal.submit(verb, to: "ask", at: Self.moment(1)))
    }
    let pending = try await journal.pendingRequests(for: "ask")
    try hold(
      "requests wait in their order", pending.map(\.verb) == verbs && pending.map(\.id) == ids)
    try await journal.refuse(request: ids[0], because: "why not", at: Self.moment(2), lease: lease)
    let answered = try await journal.request(ids[0])
    try hold(
      "a refusal says why and when",
      answered?.refusal == "why not" && answered?.answered == Self.moment(2), answered as Any)
    _ = try await refusal("an answer is final") {
      try await journal.refuse(request: ids[0], because: "again", at: Self.moment(3), lease: lease)
    }
    let left = try await journal.pendingRequests(for: "ask").map(\.id)
    try hold("an answered request waits no more", left == Array(ids.dropFirst()), left)
  }

  private func aPersonSetsTheColour() async throws {
    let journal = try await open()
    let lease = try await begin("word", journal)
    let error = try await refusal("the colour is not set while a rollout is open") {
      try await journal.setLive(.green, of: "word", by: Self.person, lease: lease)
    }
    guard case .rolloutOpen("word") = error else {
      throw BrokenLaw("the refusal names the open rollout; found \(error)")
    }
    _ = try await append(.rolledBack, "word", lease, journal)
    try await journal.setLive(.green, of: "word", by: Self.person, lease: lease)
    try hold("a person's word sets it", try await live("word", journal)?.live == .green)
  }
}
