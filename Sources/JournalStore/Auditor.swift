internal import Resources
internal import Rollouts
internal import SQLite

/// Walks over the whole journal and recomputes every hash.
struct Auditor {
  private let connection: Connection
  private var audit = JournalAudit()

  private static let problemsMax = 20

  init(_ connection: Connection) { self.connection = connection }

  consuming func run() throws -> JournalAudit {
    for problem in try connection.integrityProblems(problemsMax: Self.problemsMax) {
      audit.found("SQLite finds the file damaged: \(problem)")
    }
    do {
      try checkSchema()
      try checkRollouts()
      try checkReferences()
      try checkEnvironments()
      try checkCheckpoints()
      try MigrationRow.check(connection, &audit)
    } catch let error as DatabaseError where error.isCorrupt && !audit.isSound {
      // What could be read was checked, and the damage is named already.
      audit.found("the rest could not be read: \(error.message)")
    }
    return audit
  }

  /// Compares tables, triggers and views with those of a fresh journal of the same version.
  private mutating func checkSchema() throws {
    let fresh = try Connection(.memory, mode: .create)
    let version = Schema.migrations.version - (try Schema.migrations.pendingCount(in: connection))
    try Migrations(Array(Schema.migrations.list.prefix(version))).apply(to: fresh)
    let query = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
    let expected = Set(try fresh.rows(query))
    let found = Set(try connection.rows(query))
    for row in expected.subtracting(found).map(Self.name).sorted() {
      audit.found("the \(row) is missing or was changed")
    }
    for row in found.subtracting(expected).map(Self.name).sorted() {
      audit.found("the \(row) is not this program's")
    }
  }

  private static func name(_ row: [Column]) -> String {
    "\(row[0].stringValue ?? "?") '\(row[1].stringValue ?? "?")'"
  }

  private mutating func checkRollouts() throws {
    var number: Int64 = 0
    var origin: String?
    let rows = try connection.rows("SELECT number, id FROM rollout ORDER BY number")
    for row in rows {
      let (found, id) = (row[0].integerValue ?? 0, row[1].stringValue ?? "")
      if found != number + 1 {
        audit.found("a rollout before it was removed (number \(number + 1))", in: id)
      }
      number = found
      origin = try check(rollout: id, number: found, after: origin)
    }
    let last = try connection.value("SELECT seq FROM sqlite_sequence WHERE name = 'rollout'")
    if let last = last?.integerValue, last > number {
      audit.found("the last rollouts were removed (numbers \(number + 1) to \(last))")
    }
  }

  /// Checks what the rollout began with, its facts and its end; answers its origin.
  private mutating func check(
    rollout id: String, number: Int64, after former: String?
  ) throws -> String {
    let row = try connection.row(
      "SELECT origin, fact_count, head, ended, outcome, started FROM rollout WHERE number = ?",
      .integer(number))
    guard let row,
      let record = try? SQLiteJournal.rollouts("WHERE id = ?", [.string(id)], connection).first
    else {
      audit.found("what it began with cannot be read", in: id)
      return row?[0].stringValue ?? ""
    }
    let origin = row[0].stringValue ?? ""
    let expected = RolloutRow.origin(
      record, number: number, started: row[5].stringValue ?? "", former: former)
    if origin != expected { audit.found("what it began with was changed", in: id) }

    var walk = ChainWalk(rollout: id, head: origin)
    try connection.forEach(
      """
      SELECT rollout, sequence, at, kind, step, detail, live, hash FROM fact
      WHERE rollout = ? ORDER BY sequence
      """, [.string(id)]
    ) { walk.check($0, &audit) }
    let factCount = Int(row[1].integerValue ?? 0)
    if walk.sequence < factCount {
      audit.found(
        "\(ChainWalk.name(walk.sequence + 1, to: factCount)) removed from the end", in: id)
    } else if walk.sequence > factCount {
      audit.found("facts were added behind fact \(factCount)", in: id)
    } else if walk.head != row[2].stringValue {
      audit.found("the last hash is not the one that was noted", in: id)
    }
    if walk.outcome != row[4].stringValue || walk.ended != row[3].stringValue {
      audit.found("how it ended does not agree with its facts", in: id)
    }
    audit.heads.append(.init(rollout: id, factCount: walk.sequence, hash: walk.head))
    audit.factCount += walk.count
    return origin
  }

  private mutating func checkReferences() throws {
    let rows = try connection.rows(
      """
      SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2
      """)
    for row in rows {
      audit.found(
        "rows of the table \(row[0].stringValue ?? "?") belong to no "
          + "\(row[1].stringValue ?? "?") (\(row[2].integerValue ?? 0) of them)")
    }
  }

  private mutating func checkCheckpoints() throws {
    for (row, isSealed) in try CheckpointRow.rows("ORDER BY rollout, step", [], connection)
    where !isSealed {
      audit.found("the checkpoint of \(row.step) was edited", in: row.rollout)
    }
  }

  /// The colour must be what the latest of facts and people made it.
  private mutating func checkEnvironments() throws {
    for row in try connection.rows("SELECT name, live, since, cause, seal FROM environment") {
      let fields = row.map { $0.stringValue ?? "" }
      let environment = EnvironmentRow(
        name: fields[0], live: fields[1], since: fields[2], cause: fields[3])
      guard environment.seal == fields[4] else {
        audit.found(
          "the live colour of \(environment.name) was edited (it says \(environment.live))")
        continue
      }
      let flip = try connection.row(
        """
        SELECT fact.rollout, sequence, at, live FROM fact JOIN rollout ON rollout.id = fact.rollout
        WHERE environment = ? AND live IS NOT NULL ORDER BY number DESC, sequence DESC LIMIT 1
        """, .string(environment.name))
      guard let flip else {
        if environment.cause.utf8.starts(with: "fact ".utf8) {
          audit.found("the fact that made \(environment.name) \(environment.live) is gone")
        }
        continue
      }
      let cause = EnvironmentRow.cause(
        rollout: flip[0].stringValue ?? "", sequence: Int(flip[1].integerValue ?? 0))
      let agrees = environment.cause == cause && flip[3] == .string(environment.live)
      // A person's word counts from its time on.
      let isOverruled =
        !environment.cause.utf8.starts(with: "f".utf8)
        && environment.since >= flip[2].stringValue ?? ""
      if !agrees, !isOverruled {
        audit.found(
          "\(environment.name) is recorded as \(environment.live) (\(environment.cause)), but "
            + "\(cause) made it \(flip[3].stringValue ?? "?")")
      }
    }
  }
}

/// Follows one rollout's chain from hash to hash.
private struct ChainWalk {
  let rollout: String
  var head: String
  var sequence = 0
  var count = 0
  var ended: String?
  var outcome: String?

  init(rollout: String, head: String) {
    self.rollout = rollout
    self.head = head
  }

  static func name(_ first: Int, to last: Int) -> String {
    first == last ? "fact \(first) was" : "facts \(first) to \(last) were"
  }

  mutating func check(_ row: borrowing Statement, _ audit: inout JournalAudit) {
    let found = Int(row.integer(1))
    let text: (Int, borrowing Statement) -> String? = { $1.kind($0) == .null ? nil : $1.string($0) }
    let fact = FactRow(
      rollout: row.string(0), sequence: found, at: row.string(2), kind: row.string(3),
      step: text(4, row), detail: row.string(5), live: text(6, row))
    if found != sequence + 1 {
      let missing = Self.name(sequence + 1, to: found - 1)
      audit.found("\(missing) removed before it", in: rollout, at: found)
    } else if row.string(7) != fact.hash(after: head) {
      audit.found("it was changed, moved or added later", in: rollout, at: found)
    }
    let decoded = fact.fact
    if decoded == nil || TimeText.isUnreadable(fact.at) {
      audit.found("it cannot be read as a fact", in: rollout, at: found)
    }
    outcome = decoded?.outcome
    ended = outcome == nil ? nil : fact.at
    // On with the hash that is there, so that one change is named once.
    head = row.string(7)
    sequence = found
    count += 1
  }
}
