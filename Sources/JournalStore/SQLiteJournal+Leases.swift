package import Resources
package import Rollouts
internal import SQLite

extension SQLiteJournal {
  package func lease(on environment: String) async throws(JournalError) -> Lease? {
    try await read { try Self.heldLease(on: environment, $0) }
  }

  package func acquire(
    _ environment: String, as holder: LeaseHolder, takingOver epoch: Int?, at moment: Timestamp
  ) async throws(JournalError) -> Lease {
    try await write { connection in
      if let held = try Self.heldLease(on: environment, connection), held.epoch != epoch {
        throw JournalError.held(held)
      }
      let former = try connection.value(
        "SELECT epoch FROM lease WHERE environment = ?", .string(environment))
      let lease = Lease(
        environment: environment, epoch: Int(former?.integerValue ?? 0) + 1, holder: holder,
        acquired: moment, heartbeat: moment)
      let time = Column.string(try TimeText.text(moment))
      try connection.run(
        """
        INSERT INTO lease (environment, epoch, held, person, host, pid, incarnation, acquired,
          heartbeat)
        VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?7)
        ON CONFLICT (environment) DO UPDATE SET epoch = ?2, held = 1, person = ?3, host = ?4,
          pid = ?5, incarnation = ?6, acquired = ?7, heartbeat = ?7
        """,
        .string(environment), .integer(lease.epoch), .string(holder.person), .string(holder.host),
        .integer(holder.pid), .string(holder.incarnation), time)
      return lease
    }
  }

  package func renew(_ lease: Lease, at moment: Timestamp) async throws(JournalError) {
    try await write { connection in
      try Self.fence(lease, connection)
      try connection.run(
        "UPDATE lease SET heartbeat = ? WHERE environment = ?",
        .string(try TimeText.text(moment)), .string(lease.environment))
    }
  }

  package func release(_ lease: Lease) async throws(JournalError) {
    try await write { connection in
      _ = try connection.run(
        "UPDATE lease SET held = 0 WHERE environment = ? AND epoch = ?",
        .string(lease.environment), .integer(lease.epoch))
    }
  }

  /// Throws `fenced` unless `lease` is the one that is held; called first in each transaction of a
  /// driver, whose write lock keeps the answer true until the commit.
  static func fence(_ lease: Lease, _ connection: Connection) throws {
    let held = try heldLease(on: lease.environment, connection)
    guard let held, held.epoch == lease.epoch else { throw JournalError.fenced(held) }
  }

  static func heldLease(on environment: String, _ connection: Connection) throws -> Lease? {
    var statement = try connection.prepare(
      """
      SELECT epoch, person, host, pid, incarnation, acquired, heartbeat
      FROM lease WHERE environment = ? AND held = 1
      """)
    try statement.bind([.string(environment)])
    guard try statement.step() else { return nil }
    return Lease(
      environment: environment, epoch: Int(statement.integer(0)),
      holder: LeaseHolder(
        person: statement.string(1), host: statement.string(2), pid: Int(statement.integer(3)),
        incarnation: statement.string(4)),
      acquired: try TimeText.moment(statement.string(5)),
      heartbeat: try TimeText.moment(statement.string(6)))
  }
}
