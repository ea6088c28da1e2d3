internal import JSON
package import Rollouts
internal import SQLite

extension SQLiteJournal {
  /// Recomputes every hash on one unchanging state; what is wrong is the answer, not an error.
  package func verify() async throws(JournalError) -> JournalAudit {
    try await read { try Auditor($0).run() }
  }

  /// Gives a rollout as JSON, a line at a time and without line ends: the rollout, its facts, its
  /// requests, and an end that says how many facts there were.
  ///
  /// An export without its end was cut off.
  package func export(
    _ rollout: String, _ write: @Sendable ([UInt8]) throws -> Void
  ) async throws(JournalError) {
    try await read { connection in
      let row = try RolloutRow.read(rollout, connection)
      for section in Self.sections {
        try connection.forEach(section.query, [.string(rollout)]) { statement in
          try write(Self.line(section.type, section.embedded, statement))
        }
      }
      let end: [JSONValue.Member] = [
        .init("type", .string("end")), .init("rollout", .string(rollout)),
        .init("facts", JSONValue(row.factCount)), .init("head", .string(row.head)),
      ]
      try write(JSONValue.object(end).compact())
    }
  }

  private static let sections: [(type: String, embedded: Set<String>, query: String)] = [
    (
      "rollout", ["parameters", "preview"],
      """
      SELECT number, id, environment, from_colour AS "from", to_colour AS "to", playbook_name,
        playbook, parameters, preview, started, ended, outcome, origin
      FROM rollout WHERE id = ?
      """
    ),
    (
      "fact", ["detail"],
      """
      SELECT rollout, sequence, at, kind, step, detail, live, hash FROM fact WHERE rollout = ?
      ORDER BY sequence
      """
    ),
    (
      "request", [],
      """
      SELECT id, rollout, verb, step, who, role, reason, asked, answered, answer FROM request
      WHERE rollout = ? ORDER BY id
      """
    ),
  ]

  /// One row as an object with its columns as members; columns that hold JSON are embedded as such.
  private static func line(
    _ type: String, _ embedded: Set<String>, _ row: borrowing Statement
  ) -> [UInt8] {
    var members: [JSONValue.Member] = [.init("type", .string(type))]
    for (index, name) in row.columnNames.enumerated() {
      let value: JSONValue =
        switch row.kind(index) {
        case .null: .null
        case .integer: JSONValue(row.integer(index))
        case .real, .text, .blob:
          embedded.contains(name)
            ? (try? JSONValue(reading: row.bytes(index))) ?? .string(row.string(index))
            : .string(row.string(index))
        }
      members.append(.init(name, value))
    }
    return JSONValue.object(members).compact()
  }
}
