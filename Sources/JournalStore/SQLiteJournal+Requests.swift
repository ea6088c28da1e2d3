package import Resources
package import Rollouts
internal import SQLite

extension SQLiteJournal {
  /// More than a rollout is ever asked; a script that asks in a loop is told so.
  package static let pendingRequestsMax = 1000

  package func submit(
    _ verb: RequestVerb, to rollout: String, at moment: Timestamp
  ) async throws(JournalError) -> Int {
    try await write { connection in
      let state = try RolloutRow.read(rollout, connection)
      if let outcome = state.outcome {
        throw JournalStoreError.refused(
          "rollout \(rollout) has ended (\(outcome)); it takes no more requests",
          hint: "See 'cutover history \(rollout)'.")
      }
      let pending = try connection.value(
        "SELECT count(*) FROM request WHERE rollout = ? AND answered IS NULL", .string(rollout))
      guard pending?.integerValue ?? 0 < Self.pendingRequestsMax else {
        throw JournalStoreError.refused(
          "rollout \(rollout) has \(Self.pendingRequestsMax) requests that no one has answered",
          hint: "Start a driver with 'cutover resume'.")
      }
      try connection.run(
        """
        INSERT INTO request (rollout, verb, step, who, role, reason, asked)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        .string(rollout), .string(verb.kind), .string(verb.step), .string(verb.person.name),
        .string(verb.person.role), .string(verb.person.reason),
        .string(try TimeText.text(moment)))
      return Int(connection.lastRowID)
    }
  }

  package func request(_ id: Int) async throws(JournalError) -> RequestRecord? {
    try await read { try Self.requests("WHERE id = ?", .integer(id), $0).first }
  }

  package func pendingRequests(
    for rollout: String
  ) async throws(JournalError) -> [RequestRecord] {
    try await read {
      try Self.requests(
        "WHERE rollout = ? AND answered IS NULL ORDER BY id LIMIT \(Self.pendingRequestsMax)",
        .string(rollout), $0)
    }
  }

  package func refuse(
    request: Int, because reason: String, at moment: Timestamp, lease: Lease
  ) async throws(JournalError) {
    try await write { connection in
      try Self.fence(lease, connection)
      // An empty answer would say that it was done.
      let answer = reason.isEmpty ? "refused" : reason
      try Self.answer(request, answer, at: moment, in: nil, lease, connection)
    }
  }

  /// Answers a request that no one has answered yet.
  static func answer(
    _ request: Int, _ text: String, at moment: Timestamp, in rollout: String?, _ lease: Lease,
    _ connection: Connection
  ) throws {
    let changes = try connection.run(
      """
      UPDATE request SET answered = ?, answer = ?
      WHERE id = ? AND answered IS NULL AND rollout = coalesce(?, rollout)
        AND (SELECT environment FROM rollout WHERE rollout.id = request.rollout) = ?
      """,
      .string(try TimeText.text(moment)), .string(text), .integer(request), .string(rollout),
      .string(lease.environment))
    guard changes == 1 else {
      throw JournalStoreError.refused(
        "request \(request) was answered already, or belongs to another rollout",
        hint: "Nothing was written. See 'cutover status'.")
    }
  }

  private static func requests(
    _ condition: String, _ value: Column, _ connection: Connection
  ) throws -> [RequestRecord] {
    var statement = try connection.prepare(
      """
      SELECT id, rollout, verb, step, who, role, reason, asked, answered, answer FROM request
      \(condition)
      """)
    try statement.bind([value])
    var found: [RequestRecord] = []
    while try statement.step() {
      let person = Person(
        name: statement.string(4), role: statement.column(5).stringValue,
        reason: statement.string(6))
      let step = statement.column(3).stringValue
      guard let verb = RequestVerb(kind: statement.string(2), step: step, by: person) else {
        throw JournalStoreError.damaged(
          "request \(statement.integer(0)) asks for '\(statement.string(2))', which is no verb")
      }
      found.append(
        RequestRecord(
          id: Int(statement.integer(0)), rollout: statement.string(1), verb: verb,
          asked: try TimeText.moment(statement.string(7)),
          refusal: statement.column(9).stringValue,
          answered: try TimeText.moment(ifAny: statement.column(8).stringValue)))
    }
    return found
  }
}

extension RequestVerb {
  /// The verb of a row; nil when there is none of that name.
  init?(kind: String, step: String?, by person: Person) {
    switch (kind, step) {
    case ("pause", _): self = .pause(person)
    case ("resume", _): self = .resume(person)
    case ("approve", let step?): self = .approve(step: step, person)
    case ("reject", let step?): self = .reject(step: step, person)
    case ("retry", let step?): self = .retry(step: step, person)
    case ("skip", let step?): self = .skip(step: step, person)
    case ("rollback", _): self = .rollback(person)
    default: return nil
    }
  }
}
