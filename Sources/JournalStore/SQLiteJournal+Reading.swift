internal import Resources
package import Rollouts
internal import SQLite

extension SQLiteJournal {
  package func environments() async throws(JournalError) -> [EnvironmentRecord] {
    try await read { connection in
      try connection.rows("SELECT name, live, since FROM environment ORDER BY name")
        .map { row in
          EnvironmentRecord(
            name: row[0].stringValue ?? "", live: try Self.colour(row[1].stringValue ?? ""),
            since: try TimeText.moment(row[2].stringValue ?? ""))
        }
    }
  }

  package func rollouts(
    in environment: String?, limit: Int
  ) async throws(JournalError) -> [RolloutRecord] {
    try await read { connection in
      try Self.rollouts(
        "WHERE environment = coalesce(?, environment) ORDER BY number DESC LIMIT ?",
        [.string(environment), .integer(limit)], connection)
    }
  }

  package func rollout(_ id: String) async throws(JournalError) -> RolloutRecord? {
    try await read { try Self.rollouts("WHERE id = ?", [.string(id)], $0).first }
  }

  package func openRollout(
    in environment: String
  ) async throws(JournalError) -> RolloutRecord? {
    try await read {
      try Self.rollouts("WHERE environment = ? AND ended IS NULL", [.string(environment)], $0).first
    }
  }

  package func facts(
    of rollout: String, after sequence: Int, limit: Int
  ) async throws(JournalError) -> [FactRecord] {
    try await read { connection in
      var statement = try connection.prepare(
        """
        SELECT sequence, at, kind, step, detail FROM fact
        WHERE rollout = ? AND sequence > ? ORDER BY sequence LIMIT ?
        """)
      try statement.bind([.string(rollout), .integer(sequence), .integer(limit)])
      let count = try connection.value(
        "SELECT fact_count FROM rollout WHERE id = ?", .string(rollout))
      var facts: [FactRecord] = []
      facts.reserveCapacity(max(0, min(limit, Int(count?.integerValue ?? 0) - sequence)))
      while try statement.step() { facts.append(try FactRow.record(statement)) }
      return facts
    }
  }

  package func checkpoint(
    of step: String, in rollout: String
  ) async throws(JournalError) -> String? {
    try await read { connection in
      let found = try CheckpointRow.rows(
        "WHERE rollout = ? AND step = ?", [.string(rollout), .string(step)], connection
      ).first
      guard found?.isSealed ?? true else {
        throw JournalStoreError.damaged("the checkpoint of \(step) was edited")
      }
      return found?.row.value
    }
  }

  static func colour(_ text: String) throws(JournalStoreError) -> Colour {
    guard let colour = Colour(rawValue: text) else {
      throw .damaged("'\(text)' is not a colour")
    }
    return colour
  }

  static func rollouts(
    _ condition: String, _ values: [Column], _ connection: Connection
  ) throws -> [RolloutRecord] {
    var statement = try connection.prepare(
      """
      SELECT id, environment, from_colour, to_colour, playbook, playbook_name, parameters, preview,
        started, ended, outcome
      FROM rollout \(condition)
      """)
    try statement.bind(values)
    var found: [RolloutRecord] = []
    while try statement.step() {
      var record = RolloutRecord(
        id: statement.string(0), environment: statement.string(1),
        from: try colour(statement.string(2)), to: try colour(statement.string(3)),
        playbook: statement.string(4), playbookName: statement.string(5),
        parameters: statement.string(6), preview: statement.string(7),
        started: try TimeText.moment(statement.string(8)))
      record.ended = try TimeText.moment(ifAny: statement.column(9).stringValue)
      record.outcome = statement.column(10).stringValue
      found.append(record)
    }
    return found
  }
}
