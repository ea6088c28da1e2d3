package import Resources
package import Rollouts

/// A journal in memory that obeys the laws of the real one, and can be told to fail.
package actor MemoryJournal: Journal {
  private var environmentRecords: [String: EnvironmentRecord] = [:]
  private var rolloutRecords: [RolloutRecord] = []
  private var factRecords: [String: [FactRecord]] = [:]
  private var checkpoints: [String: String] = [:]
  private var requests: [RequestRecord] = []
  private var leases: [String: Lease] = [:]
  package private(set) var writes = 0
  private var failsAtWrite: Int?

  package init() {}

  /// The n-th write from now on, and every one after it, fails as a full disk does.
  package func fail(atWrite number: Int?) {
    writes = 0
    failsAtWrite = number
  }

  package func environments() -> [EnvironmentRecord] {
    environmentRecords.values.sorted { $0.name < $1.name }
  }

  package func rollouts(in environment: String?, limit: Int) -> [RolloutRecord] {
    Array(
      rolloutRecords.reversed().filter { environment == nil || $0.environment == environment }
        .prefix(limit))
  }

  package func rollout(_ id: String) -> RolloutRecord? { rolloutRecords.first { $0.id == id } }

  package func openRollout(in environment: String) -> RolloutRecord? {
    rolloutRecords.first { $0.environment == environment && $0.ended == nil }
  }

  package func facts(of rollout: String, after sequence: Int, limit: Int) -> [FactRecord] {
    Array((factRecords[rollout] ?? []).filter { $0.sequence > sequence }.prefix(limit))
  }

  package func checkpoint(of step: String, in rollout: String) -> String? {
    checkpoints["\(rollout)/\(step)"]
  }

  package func lease(on environment: String) -> Lease? { leases[environment] }

  package func request(_ id: Int) -> RequestRecord? { requests.first { $0.id == id } }

  package func pendingRequests(for rollout: String) -> [RequestRecord] {
    requests.filter { $0.rollout == rollout && $0.answered == nil }
  }

  package func submit(
    _ verb: RequestVerb, to rollout: String, at moment: Timestamp
  ) throws(JournalError) -> Int {
    try refuseEnded(rollout)
    requests.append(
      RequestRecord(id: requests.count + 1, rollout: rollout, verb: verb, asked: moment))
    return requests.count
  }

  package func acquire(
    _ environment: String, as holder: LeaseHolder, takingOver epoch: Int?, at moment: Timestamp
  ) throws(JournalError) -> Lease {
    if let held = leases[environment], held.epoch != epoch { throw .held(held) }
    let last = leases[environment]?.epoch ?? lastEpochs[environment] ?? 0
    let lease = Lease(
      environment: environment, epoch: last + 1, holder: holder, acquired: moment,
      heartbeat: moment)
    leases[environment] = lease
    lastEpochs[environment] = lease.epoch
    return lease
  }

  private var lastEpochs: [String: Int] = [:]

  package func renew(_ lease: Lease, at moment: Timestamp) throws(JournalError) {
    try guardLease(lease)
    leases[lease.environment]?.heartbeat = moment
  }

  package func release(_ lease: Lease) {
    if leases[lease.environment]?.epoch == lease.epoch { leases[lease.environment] = nil }
  }

  package func begin(
    _ rollout: RolloutRecord, fact: Fact, lease: Lease
  ) throws(JournalError) {
    try guardLease(lease)
    if let open = openRollout(in: rollout.environment) { throw .rolloutOpen(open.id) }
    if let known = environmentRecords[rollout.environment], known.live != rollout.from {
      throw Self.refusal("\(rollout.environment) is \(known.live.rawValue)")
    }
    try write(lease)
    if environmentRecords[rollout.environment] == nil {
      environmentRecords[rollout.environment] = EnvironmentRecord(
        name: rollout.environment, live: rollout.from, since: rollout.started)
    }
    rolloutRecords.append(rollout)
    factRecords[rollout.id] = [FactRecord(sequence: 1, at: rollout.started, fact: fact)]
  }

  package func append(
    _ fact: Fact, to rollout: String, at moment: Timestamp, live: Colour?,
    answering request: Int?, lease: Lease
  ) throws(JournalError) -> FactRecord {
    try guardLease(lease)
    try refuseEnded(rollout)
    if let request { try refuseAnswered(request) }
    try write(lease)
    let record = FactRecord(
      sequence: (factRecords[rollout]?.count ?? 0) + 1, at: moment, fact: fact)
    factRecords[rollout, default: []].append(record)
    if let live, live != environmentRecords[lease.environment]?.live {
      environmentRecords[lease.environment] = EnvironmentRecord(
        name: lease.environment, live: live, since: moment)
    }
    if let request { answer(request, "", moment) }
    if fact == .completed || fact == .rolledBack,
      let index = rolloutRecords.firstIndex(where: { $0.id == rollout })
    {
      rolloutRecords[index].ended = moment
      rolloutRecords[index].outcome = fact.kind
    }
    return record
  }

  package func refuse(
    request: Int, because reason: String, at moment: Timestamp, lease: Lease
  ) throws(JournalError) {
    try guardLease(lease)
    try refuseAnswered(request)
    try write(lease)
    answer(request, reason, moment)
  }

  package func save(
    checkpoint: String?, of step: String, in rollout: String, at moment: Timestamp, lease: Lease
  ) throws(JournalError) {
    try write(lease)
    checkpoints["\(rollout)/\(step)"] = checkpoint
  }

  package func setLive(
    _ colour: Colour, of environment: String, by person: Person, lease: Lease
  ) throws(JournalError) {
    try guardLease(lease)
    if let open = openRollout(in: environment) { throw .rolloutOpen(open.id) }
    try write(lease)
    environmentRecords[environment] = EnvironmentRecord(
      name: environment, live: colour, since: lease.heartbeat)
  }

  private static func refusal(_ summary: String) -> JournalError {
    .storage(.refused(summary, hint: "Nothing was written."))
  }

  private func refuseEnded(_ rollout: String) throws(JournalError) {
    guard let record = self.rollout(rollout), record.ended == nil else {
      throw Self.refusal("rollout \(rollout) is unknown or has ended")
    }
  }

  private func refuseAnswered(_ request: Int) throws(JournalError) {
    guard let record = self.request(request), record.refusal == nil else {
      throw Self.refusal("request \(request) is unknown or was answered")
    }
  }

  private func answer(_ id: Int, _ refusal: String, _ moment: Timestamp) {
    guard let index = requests.firstIndex(where: { $0.id == id }) else { return }
    requests[index].refusal = refusal
    requests[index].answered = moment
  }

  private func write(_ lease: Lease) throws(JournalError) {
    try guardLease(lease)
    writes += 1
    if let failsAtWrite, writes >= failsAtWrite {
      throw .storage(.permanent("the disk is full", hint: "Make room."))
    }
  }

  private func guardLease(_ lease: Lease) throws(JournalError) {
    let held = leases[lease.environment]
    guard held?.epoch == lease.epoch else { throw .fenced(held) }
  }
}
