/// One connection behind an actor with a thread of its own, for callers that must not block.
///
/// A body is synchronous, so nothing interleaves between the BEGIN and the COMMIT of a transaction.
package actor Database {
  private let executor = QueueExecutor(label: "cutover.database")
  private var opened: Connection?

  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private init() {}

  /// Opens the file on the actor's own queue, and lets `prepare` configure it or refuse it.
  package static func open(
    _ location: Connection.Location, mode: Connection.Mode,
    busyTimeout: Duration = Connection.busyTimeoutDefault,
    prepare: @Sendable (Connection) throws -> Void
  ) async throws -> Database {
    let database = Database()
    try await database.connect(location, mode, busyTimeout, prepare)
    return database
  }

  private func connect(
    _ location: Connection.Location, _ mode: Connection.Mode, _ busyTimeout: Duration,
    _ prepare: @Sendable (Connection) throws -> Void
  ) throws {
    let connection = try Connection(location, mode: mode, busyTimeout: busyTimeout)
    try prepare(connection)
    opened = connection
  }

  /// Runs `body` with the connection, outside any transaction.
  package func use<Value: Sendable>(
    _ body: @Sendable (Connection) throws -> Value
  ) throws -> Value {
    guard let opened else {
      throw DatabaseError.misuse("the database was closed", in: "use")
    }
    return try body(opened)
  }

  /// Runs `body` in a writing transaction, all or nothing.
  package func write<Value: Sendable>(
    _ body: @Sendable (Connection) throws -> Value
  ) throws -> Value {
    try use { try $0.write(body) }
  }

  /// Runs `body` on one unchanging snapshot.
  package func read<Value: Sendable>(
    _ body: @Sendable (Connection) throws -> Value
  ) throws -> Value {
    try use { try $0.read(body) }
  }

  package func rows(_ sql: String, _ values: Column...) throws -> [[Column]] {
    try use { try $0.rows(sql, values) }
  }

  /// Closes the file now; later calls are refused.
  package func close() { opened = nil }
}
