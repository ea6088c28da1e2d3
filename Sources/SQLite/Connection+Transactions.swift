internal import CSQLite

extension Connection {
  /// Whether a transaction is open.
  package var isInTransaction: Bool { sqlite3_get_autocommit(core.handle) == 0 }

  /// Runs `body` in a writing transaction, all or nothing.
  ///
  /// It takes the write lock at once (BEGIN IMMEDIATE), so that nothing read in `body` is out of date when
  /// it writes. What `body` throws rolls back; so does a COMMIT that fails.
  package func write<Value>(_ body: (Connection) throws -> Value) throws -> Value {
    try transaction("BEGIN IMMEDIATE", body)
  }

  /// Runs `body` on one unchanging snapshot of the database.
  package func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
    try transaction("BEGIN DEFERRED", body)
  }

  private func transaction<Value>(
    _ begin: String, _ body: (Connection) throws -> Value
  ) throws -> Value {
    try run(begin)
    do {
      let value = try body(self)
      try run("COMMIT")
      return value
    } catch {
      // A full disk has rolled back by itself, and then there is nothing left to undo.
      if isInTransaction { _ = try? run("ROLLBACK") }
      throw error
    }
  }

  /// Runs `body` in a part of the open transaction that is undone alone when it throws.
  package func savepoint<Value>(_ body: (Connection) throws -> Value) throws -> Value {
    try run("SAVEPOINT part")
    do {
      let value = try body(self)
      try run("RELEASE part")
      return value
    } catch {
      if isInTransaction {
        _ = try? run("ROLLBACK TO part")
        _ = try? run("RELEASE part")
      }
      throw error
    }
  }
}
