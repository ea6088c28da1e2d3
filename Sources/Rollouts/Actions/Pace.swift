package import Resources

/// How a running verb talks to its driver: progress, notes, waits, and whether to stop.
package struct Pace: Sendable {
  /// What a verb is doing right now, for the screen only.
  package struct Reading: Sendable, Hashable {
    package var done: Int
    package var total: Int?
    package var bytes: Int64
    package var bytesTotal: Int64?
    package var unit: String
    /// Why nothing moves, when nothing moves.
    package var waitingFor: String?
    /// When the wait ends by itself.
    package var until: Timestamp?

    package init(
      done: Int = 0, total: Int? = nil, bytes: Int64 = 0, bytesTotal: Int64? = nil,
      unit: String = "", waitingFor: String? = nil, until: Timestamp? = nil
    ) {
      self.done = done
      self.total = total
      self.bytes = bytes
      self.bytesTotal = bytesTotal
      self.unit = unit
      self.waitingFor = waitingFor
      self.until = until
    }
  }

  package let clock: any WallClock
  private let retriedAt: Timestamp?
  private let isAskedToStop: @Sendable () -> Bool
  private let show: @Sendable (Reading) -> Void
  private let record: @Sendable (String) async throws(Failure) -> Void

  /// `retriedAt` is when a person last asked to try the step again.
  package init(
    clock: any WallClock,
    isAskedToStop: @escaping @Sendable () -> Bool,
    show: @escaping @Sendable (Reading) -> Void,
    record: @escaping @Sendable (String) async throws(Failure) -> Void,
    retriedAt: Timestamp? = nil
  ) {
    self.clock = clock
    self.retriedAt = retriedAt
    self.isAskedToStop = isAskedToStop
    self.show = show
    self.record = record
  }

  package var isStopping: Bool { isAskedToStop() || Task.isCancelled }

  /// Throws `Failure.cancelled` when the step should stop here.
  package func checkStop() throws(Failure) {
    if isStopping { throw .cancelled }
  }

  /// The moment from which a limit of time counts for what began at `began`.
  ///
  /// A person who has a stopped step tried again gives it its time anew. A restart, a pause and the
  /// attempts that the driver makes by itself do not. Only limits go by it: what was seen at the
  /// beginning, and what is judged since then, stays as it is.
  package func limitBegin(_ began: Timestamp) -> Timestamp { max(began, retriedAt ?? began) }

  package func report(_ reading: Reading) { show(reading) }

  /// Writes a line into the journal's history; for events worth reading in a year.
  package func note(_ text: String) async throws(Failure) { try await record(text) }

  /// The longest that a wait goes without looking whether it should stop.
  private static let waitSlice: Duration = .milliseconds(200)

  /// Waits, showing the reason; stops early with `Failure.cancelled` on request.
  package func wait(until moment: Timestamp, for reason: String) async throws(Failure) {
    report(Reading(waitingFor: reason, until: moment))
    while clock.now() < moment {
      try checkStop()
      do {
        try await clock.sleep(until: min(moment, clock.now() + Self.waitSlice))
      } catch {
        throw .cancelled
      }
    }
    try checkStop()
  }
}

/// What `apply` gets: a ``Pace`` that can also save how far it has come.
package struct Progress<Checkpoint: Codable & Sendable>: Sendable {
  package let pace: Pace
  private let saveCheckpoint: @Sendable (Checkpoint, Bool) async throws(Failure) -> Void
  private let cross: @Sendable () async throws(Failure) -> Void

  package init(
    pace: Pace,
    save: @escaping @Sendable (Checkpoint, Bool) async throws(Failure) -> Void,
    cross: @escaping @Sendable () async throws(Failure) -> Void
  ) {
    self.pace = pace
    saveCheckpoint = save
    self.cross = cross
  }

  /// Saves a checkpoint; only what is durable at the target may be covered by it.
  ///
  /// May be called as often as convenient: the driver writes at most one in a short interval, and
  /// always the last one before it stops. Throws `Failure.cancelled` when the step should stop.
  package func save(_ checkpoint: Checkpoint) async throws(Failure) {
    let isStopping = pace.isStopping
    try await saveCheckpoint(checkpoint, isStopping)
    if isStopping { throw .cancelled }
  }

  /// Saves a checkpoint now, for what must not be forgotten.
  package func saveNow(_ checkpoint: Checkpoint) async throws(Failure) {
    try await saveCheckpoint(checkpoint, true)
    try pace.checkStop()
  }

  /// Records that what comes next cannot be undone; call it right before the first such change.
  package func crossPointOfNoReturn() async throws(Failure) {
    try pace.checkStop()
    try await cross()
  }
}
