package import Resources
package import Rollouts
internal import SQLite

extension SQLiteJournal {
  package func begin(
    _ rollout: RolloutRecord, fact: Fact, lease: Lease
  ) async throws(JournalError) {
    try await begin(rollout, facts: [fact], lease: lease)
  }

  /// Begins a rollout that has several facts from the start, all of them or none.
  ///
  /// For taking back what a completed rollout did: with half of its history, the rest would look as
  /// if it were still to do. None of the facts may flip the colour or end the rollout.
  package func begin(
    _ rollout: RolloutRecord, facts: [Fact], lease: Lease
  ) async throws(JournalError) {
    try await write { connection in
      try Self.fence(lease, connection)
      guard rollout.environment.utf8.elementsEqual(lease.environment.utf8) else {
        throw JournalStoreError.refused(
          "the lease is for \(lease.environment), not for \(rollout.environment)",
          hint: "Nothing was written.")
      }
      try Self.refuseOpenRollout(in: rollout.environment, connection)
      let started = try TimeText.text(rollout.started)
      try Self.prepareEnvironment(of: rollout, started, connection)
      let former = try connection.row(
        "SELECT number, origin FROM rollout ORDER BY number DESC LIMIT 1")
      // As AUTOINCREMENT counts: past a removed rollout, so that the gap shows.
      let last = try connection.value("SELECT seq FROM sqlite_sequence WHERE name = 'rollout'")
      let number = max(former?[0].integerValue ?? 0, last?.integerValue ?? 0) + 1
      let origin = RolloutRow.origin(
        rollout, number: number, started: started, former: former?[1].stringValue)
      try connection.run(
        """
        INSERT INTO rollout (number, id, environment, from_colour, to_colour, playbook_name,
          playbook, parameters, preview, started, origin, fact_count, head)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?11)
        """,
        .integer(number), .string(rollout.id), .string(rollout.environment),
        .string(rollout.from.rawValue), .string(rollout.to.rawValue),
        .string(rollout.playbookName), .string(rollout.playbook), .string(rollout.parameters),
        .string(rollout.preview), .string(started), .string(origin))
      for fact in facts {
        let row = try RolloutRow.read(rollout.id, connection)
        _ = try Self.insert(fact, rollout.id, row, at: rollout.started, live: nil, connection)
      }
    }
  }

  package func append(
    _ fact: Fact, to rollout: String, at moment: Timestamp, live: Colour?,
    answering request: Int?, lease: Lease
  ) async throws(JournalError) -> FactRecord {
    try await write { connection in
      try Self.fence(lease, connection)
      let row = try RolloutRow.readOpen(rollout, drivenWith: lease, connection)
      let recorded = try connection.value(
        "SELECT live FROM environment WHERE name = ?", .string(row.environment))
      let flip = live.flatMap { recorded == .string($0.rawValue) ? nil : $0 }
      let record = try Self.insert(fact, rollout, row, at: moment, live: flip, connection)
      if let flip {
        try EnvironmentRow(
          name: row.environment, live: flip.rawValue, since: try TimeText.text(moment),
          cause: EnvironmentRow.cause(rollout: rollout, sequence: record.sequence)
        ).write(connection)
      }
      if let request {
        try Self.answer(request, "", at: moment, in: rollout, lease, connection)
      }
      return record
    }
  }

  package func save(
    checkpoint: String?, of step: String, in rollout: String, at moment: Timestamp, lease: Lease
  ) async throws(JournalError) {
    try await write { connection in
      try Self.fence(lease, connection)
      _ = try RolloutRow.readOpen(rollout, drivenWith: lease, connection)
      guard let checkpoint else {
        try connection.run(
          "DELETE FROM checkpoint WHERE rollout = ? AND step = ?", .string(rollout), .string(step))
        return
      }
      guard checkpoint.utf8.count <= FactRow.detailBytesMax else {
        throw JournalStoreError.unstorable(
          "the checkpoint of \(step) has \(checkpoint.utf8.count) bytes")
      }
      try CheckpointRow(
        rollout: rollout, step: step, at: try TimeText.text(moment), value: checkpoint
      ).write(connection)
    }
  }

  package func setLive(
    _ colour: Colour, of environment: String, by person: Person, lease: Lease
  ) async throws(JournalError) {
    try await write { connection in
      try Self.fence(lease, connection)
      guard environment.utf8.elementsEqual(lease.environment.utf8) else {
        throw JournalStoreError.refused(
          "the lease is for \(lease.environment), not for \(environment)",
          hint: "Nothing was written.")
      }
      try Self.refuseOpenRollout(in: environment, connection)
      try EnvironmentRow(
        name: environment, live: colour.rawValue,
        since: try TimeText.text(max(lease.acquired, lease.heartbeat)),
        cause: EnvironmentRow.cause(person: person)
      ).write(connection)
    }
  }

  private static func refuseOpenRollout(
    in environment: String, _ connection: Connection
  ) throws {
    let open = try connection.value(
      "SELECT id FROM rollout WHERE environment = ? AND ended IS NULL", .string(environment))
    if let id = open?.stringValue { throw JournalError.rolloutOpen(id) }
  }

  /// Records the environment if it is new; a known one must have the colour that the rollout means
  /// to leave.
  private static func prepareEnvironment(
    of rollout: RolloutRecord, _ started: String, _ connection: Connection
  ) throws {
    let recorded = try connection.value(
      "SELECT live FROM environment WHERE name = ?", .string(rollout.environment))
    guard let live = recorded?.stringValue else {
      try EnvironmentRow(
        name: rollout.environment, live: rollout.from.rawValue, since: started,
        cause: EnvironmentRow.cause(firstSeenIn: rollout.id)
      ).write(connection)
      return
    }
    guard live == rollout.from.rawValue else {
      throw JournalStoreError.refused(
        "\(rollout.environment) is \(live), but the rollout would start from "
          + rollout.from.rawValue,
        hint: "Compare the recorded colour with the world: 'cutover environments reconcile'.")
    }
  }

  /// Inserts the fact behind the last one, and ends the rollout if the fact says so.
  private static func insert(
    _ fact: Fact, _ rollout: String, _ row: RolloutRow, at moment: Timestamp, live: Colour?,
    _ connection: Connection
  ) throws -> FactRecord {
    let sequence = row.factCount + 1
    let fields = try FactRow(
      fact, rollout: rollout, sequence: sequence, at: moment, live: live?.rawValue)
    let hash = fields.hash(after: row.head)
    try connection.run(
      """
      INSERT INTO fact (rollout, sequence, at, kind, step, detail, live, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      .string(rollout), .integer(sequence), .string(fields.at), .string(fields.kind),
      .string(fields.step), .string(fields.detail), .string(fields.live), .string(hash))
    try connection.run(
      """
      UPDATE rollout SET fact_count = ?1, head = ?2, ended = iif(?3 IS NULL, NULL, ?4), outcome = ?3
      WHERE id = ?5
      """,
      .integer(sequence), .string(hash), .string(fact.outcome), .string(fields.at),
      .string(rollout))
    return FactRecord(sequence: sequence, at: moment, fact: fact)
  }
}

extension SQLiteJournal: Journal {}

extension Fact {
  /// How a rollout ended with this fact; nil when it goes on.
  var outcome: String? {
    switch self {
    case .completed, .rolledBack: kind
    case .started, .attached, .planned, .crossed, .applied, .verified, .failed, .retryDue,
      .approved, .rejected, .retried, .skipped, .paused, .resumed, .rollbackRequested,
      .writesLimited, .undone,
      .noted:
      nil
    }
  }
}
