package import Resources

/// Where everything a rollout must not forget is kept.
///
/// Laws, run against every implementation by `JournalLaws`:
/// - What a call reported as written survives the death of the process at any later moment.
/// - Every write of a driver names its lease; once somebody else holds a newer one, it is refused
///   with `.fenced` and nothing is written.
/// - A fact, the colour that it flips and the request that it answers are written together or not
///   at all.
/// - One environment has at most one rollout that has not ended.
package protocol Journal: Sendable {
  // MARK: Reading: any process, any time.
  func environments() async throws(JournalError) -> [EnvironmentRecord]
  /// Newest first; all environments when `environment` is nil.
  func rollouts(in environment: String?, limit: Int) async throws(JournalError) -> [RolloutRecord]
  func rollout(_ id: String) async throws(JournalError) -> RolloutRecord?
  func openRollout(in environment: String) async throws(JournalError) -> RolloutRecord?
  /// Facts with a sequence number above `sequence`, in order.
  func facts(of rollout: String, after sequence: Int, limit: Int) async throws(JournalError)
    -> [FactRecord]
  func checkpoint(of step: String, in rollout: String) async throws(JournalError) -> String?
  func lease(on environment: String) async throws(JournalError) -> Lease?
  func request(_ id: Int) async throws(JournalError) -> RequestRecord?
  func pendingRequests(for rollout: String) async throws(JournalError) -> [RequestRecord]

  // MARK: Requests: any process.
  /// Leaves a word for whoever drives the rollout and returns its number.
  func submit(_ verb: RequestVerb, to rollout: String, at moment: Timestamp)
    async throws(JournalError) -> Int

  // MARK: Leases.
  /// Takes the environment's lease. `.held` when somebody has it, unless `takingOver` names that
  /// very lease's epoch.
  func acquire(
    _ environment: String, as holder: LeaseHolder, takingOver epoch: Int?, at moment: Timestamp
  ) async throws(JournalError) -> Lease
  func renew(_ lease: Lease, at moment: Timestamp) async throws(JournalError)
  /// Lets the lease go; one that is lost already is success.
  func release(_ lease: Lease) async throws(JournalError)

  // MARK: The driver's writes.
  /// Records a new rollout and its first fact, and the environment if it is new.
  func begin(_ rollout: RolloutRecord, fact: Fact, lease: Lease) async throws(JournalError)
  /// Appends a fact; flips the environment's colour to `live` and answers a request with it.
  func append(
    _ fact: Fact, to rollout: String, at moment: Timestamp, live: Colour?,
    answering request: Int?, lease: Lease
  ) async throws(JournalError) -> FactRecord
  /// Answers a request that leads to no fact, with the reason.
  func refuse(request: Int, because reason: String, at moment: Timestamp, lease: Lease)
    async throws(JournalError)
  /// Replaces a step's checkpoint; nil removes it.
  func save(
    checkpoint: String?, of step: String, in rollout: String, at moment: Timestamp, lease: Lease
  ) async throws(JournalError)
  /// Sets the recorded colour by a person's word, with no rollout open (`environments reconcile`).
  func setLive(_ colour: Colour, of environment: String, by person: Person, lease: Lease)
    async throws(JournalError)
}

/// Why the journal did not do what it was asked.
package enum JournalError: Error, Sendable {
  /// Somebody else took the lease over; this driver must stop at once.
  case fenced(Lease?)
  /// Somebody holds the lease.
  case held(Lease)
  /// There is a rollout in this environment that has not ended.
  case rolloutOpen(String)
  /// The file or the disk; `failure` says what and what to do.
  case storage(Failure)

  package var failure: Failure {
    switch self {
    case .fenced(let lease):
      .refused(
        "another driver took this rollout over" + (lease.map { ": \($0.holder)" } ?? ""),
        hint: "Nothing was written. See 'cutover status'.")
    case .held(let lease):
      .refused(
        "\(lease.environment) is being driven by \(lease.holder) since \(lease.acquired)",
        hint: "Watch it with 'cutover watch', or ask it to stop with 'cutover pause'.")
    case .rolloutOpen(let id):
      .refused(
        "rollout \(id) has not ended",
        hint: "Carry on with 'cutover resume', or take it back with 'cutover rollback'.")
    case .storage(let failure): failure
    }
  }
}
