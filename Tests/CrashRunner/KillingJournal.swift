import Resources
import Rollouts

/// A journal that lets its process be killed right before or right after any write of the driver.
struct KillingJournal: Journal {
  let base: any Journal
  let point: KillPoint

  private func write<T>(_ body: () async throws(JournalError) -> T) async throws(JournalError) -> T
  {
    point.pass(.journalBefore)
    let value = try await body()
    point.pass(.journalAfter)
    return value
  }

  func environments() async throws(JournalError) -> [EnvironmentRecord] {
    try await base.environments()
  }

  func rollouts(in environment: String?, limit: Int) async throws(JournalError) -> [RolloutRecord] {
    try await base.rollouts(in: environment, limit: limit)
  }

  func rollout(_ id: String) async throws(JournalError) -> RolloutRecord? {
    try await base.rollout(id)
  }

  func openRollout(in environment: String) async throws(JournalError) -> RolloutRecord? {
    try await base.openRollout(in: environment)
  }

  func facts(
    of rollout: String, after sequence: Int, limit: Int
  ) async throws(JournalError) -> [FactRecord] {
    try await base.facts(of: rollout, after: sequence, limit: limit)
  }

  func checkpoint(of step: String, in rollout: String) async throws(JournalError) -> String? {
    try await base.checkpoint(of: step, in: rollout)
  }

  func lease(on environment: String) async throws(JournalError) -> Lease? {
    try await base.lease(on: environment)
  }

  func request(_ id: Int) async throws(JournalError) -> RequestRecord? {
    try await base.request(id)
  }

  func pendingRequests(for rollout: String) async throws(JournalError) -> [RequestRecord] {
    try await base.pendingRequests(for: rollout)
  }

  func submit(
    _ verb: RequestVerb, to rollout: String, at moment: Timestamp
  ) async throws(JournalError) -> Int {
    try await base.submit(verb, to: rollout, at: moment)
  }

  func acquire(
    _ environment: String, as holder: LeaseHolder, takingOver epoch: Int?, at moment: Timestamp
  ) async throws(JournalError) -> Lease {
    try await write { () throws(JournalError) in
      try await base.acquire(environment, as: holder, takingOver: epoch, at: moment)
    }
  }

  // Renewals come with the clock, not with the work, and would make the numbers wander.
  func renew(_ lease: Lease, at moment: Timestamp) async throws(JournalError) {
    try await base.renew(lease, at: moment)
  }

  func release(_ lease: Lease) async throws(JournalError) {
    try await write { () throws(JournalError) in try await base.release(lease) }
  }

  func begin(_ rollout: RolloutRecord, fact: Fact, lease: Lease) async throws(JournalError) {
    try await write { () throws(JournalError) in
      try await base.begin(rollout, fact: fact, lease: lease)
    }
  }

  func append(
    _ fact: Fact, to rollout: String, at moment: Timestamp, live: Colour?,
    answering request: Int?, lease: Lease
  ) async throws(JournalError) -> FactRecord {
    try await write { () throws(JournalError) in
      try await base.append(
        fact, to: rollout, at: moment, live: live, answering: request, lease: lease)
    }
  }

  func refuse(
    request: Int, because reason: String, at moment: Timestamp, lease: Lease
  ) async throws(JournalError) {
    try await write { () throws(JournalError) in
      try await base.refuse(request: request, because: reason, at: moment, lease: lease)
    }
  }

  func save(
    checkpoint: String?, of step: String, in rollout: String, at moment: Timestamp, lease: Lease
  ) async throws(JournalError) {
    try await write { () throws(JournalError) in
      try await base.save(
        checkpoint: checkpoint, of: step, in: rollout, at: moment, lease: lease)
    }
  }

  func setLive(
    _ colour: Colour, of environment: String, by person: Person, lease: Lease
  ) async throws(JournalError) {
    try await write { () throws(JournalError) in
      try await base.setLive(colour, of: environment, by: person, lease: lease)
    }
  }
}
