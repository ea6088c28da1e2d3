import JSON
import Resources
import SQLite

/// A private database in memory with the table `input` and one statement that reads it.
///
/// Belongs to the actor or the call that made it.
final class TransformConnection {
  /// A few seconds of SQLite's machine for one batch.
  private static let ticksMax = 20_000
  private static let stepsPerTick = 10_000
  /// Rows that one batch may yield; fan-out has an end.
  private static let rowsMax = 1_000_000
  private static let valueBytesMax = 64 << 20
  /// SQLITE_MISUSE: the statement is not what it must be.
  private static let misuse: Int32 = 21
  private static let fill = "INSERT INTO input(seq, item) VALUES (?, ?)"
  private static let empty = "DELETE FROM input"
  /// What gives another answer each time would make a repeated batch differ.
  private static let fickle: Set<String> = [
    "random", "randomblob", "current_date", "current_time", "current_timestamp", "changes",
    "total_changes", "last_insert_rowid",
  ]

  /// Pages of lookups that are kept in memory, in KB.
  private static let lookupCacheKB = 32 << 10

  private let connection: Connection
  private let statement: TransformStatement
  private let columns: ResultColumns
  private let gate = Gate()

  /// What the authorizer and the progress handler look at, on the owner's thread.
  private final class Gate {
    var isOurs = true
    var ticks = 0
  }

  init(_ statement: TransformStatement, isCopying: Bool) throws(DatabaseError) {
    self.statement = statement
    let sql = statement.sql
    connection = try Connection(.memory, mode: .create)
    try connection.execute("CREATE TABLE input(seq INTEGER PRIMARY KEY, item TEXT NOT NULL)")
    try ItemFunctions.define(on: connection)
    try TypedFunctions.define(on: connection)
    try TextFunctions.define(
      on: connection, parameters: statement.parameters,
      moment: isCopying ? nil : statement.moment)
    if let path = statement.lookupPath {
      try connection.run("ATTACH ?1 AS lookups", .string(path))
      try connection.execute("PRAGMA lookups.cache_size = -\(Self.lookupCacheKB)")
    } else {
      for table in statement.lookups { try connection.execute(try LookupDatabase.script(table)) }
    }
    connection.limit(.valueBytes, to: Self.valueBytesMax)
    connection.limit(.attachedFiles, to: 0)
    let gate = gate
    connection.authorize { access in
      if gate.isOurs { return true }
      if case .function(let name) = access.kind, Self.fickle.contains(name.lowercased()) {
        return false
      }
      return access.isReading
    }
    connection.stopWhen(everySteps: Self.stepsPerTick) {
      gate.ticks += 1
      return gate.ticks > Self.ticksMax
    }
    gate.isOurs = false
    let prepared = try connection.prepare(sql)
    guard prepared.isReadOnly, prepared.parameterCount == 0 else {
      throw Self.defect("it must be a SELECT without parameters", sql)
    }
    let names = prepared.columnNames.map { $0.lowercased() }
    let allowed = isCopying ? ResultColumns.copying : ResultColumns.migrating
    if let defect = ResultColumns.defect(of: names, allowed: allowed) {
      throw Self.defect(defect, sql)
    }
    guard let columns = ResultColumns(names) else {
      throw Self.defect("it yields no column seq", sql)
    }
    self.columns = columns
  }

  /// How SQLite goes about the statement, a line for each loop, indented by nesting.
  func plan() throws(DatabaseError) -> [String] {
    gate.isOurs = true
    defer { gate.isOurs = false }
    var depths: [Int64: Int] = [:]
    return try connection.rows("EXPLAIN QUERY PLAN " + statement.sql, []).map { row in
      let (id, parent) = (row[0].integerValue ?? 0, row[1].integerValue ?? 0)
      let depth = depths[parent].map { $0 + 1 } ?? 0
      depths[id] = depth
      return String(repeating: "  ", count: depth) + (row[3].stringValue ?? "")
    }
  }

  /// One outcome for each item; throws when the statement itself fails.
  func run(_ items: [Item]) throws(DatabaseError) -> [MigrationOutcome] {
    try load(items)
    gate.ticks = 0
    var results = [OutcomeRows](repeating: OutcomeRows(), count: items.count)
    var prepared = try connection.prepare(statement.sql)
    var rows = 0
    while try prepared.step() {
      rows += 1
      guard rows <= Self.rowsMax else {
        throw Self.defect("it yields more than \(Self.rowsMax) rows for one batch", statement.sql)
      }
      guard prepared.kind(columns.seq) == .integer,
        results.indices.contains(Int(prepared.integer(columns.seq)))
      else { throw Self.defect("it yields a seq that is none of its input's", statement.sql) }
      let row = OutcomeRows.Row(
        target: columns.target.flatMap { Self.text(prepared, $0) },
        put: columns.put.flatMap { Self.bytes(prepared, $0) },
        update: columns.update.flatMap { Self.bytes(prepared, $0) },
        delete: columns.delete.flatMap { Self.bytes(prepared, $0) },
        skip: columns.skip.flatMap { Self.text(prepared, $0) },
        reject: columns.reject.flatMap { Self.text(prepared, $0) })
      results[Int(prepared.integer(columns.seq))].add(row, targets: statement.targets)
    }
    return results.map(\.outcome)
  }

  private static func text(_ row: borrowing Statement, _ index: Int) -> String? {
    row.kind(index) == .null ? nil : row.string(index)
  }

  private static func bytes(_ row: borrowing Statement, _ index: Int) -> [UInt8]? {
    row.kind(index) == .null ? nil : row.bytes(index)
  }

  private func load(_ items: [Item]) throws(DatabaseError) {
    gate.isOurs = true
    defer { gate.isOurs = false }
    try connection.run(Self.empty)
    var statement = try connection.prepare(Self.fill)
    for (index, item) in items.enumerated() {
      try statement.bind(Int64(index), at: 1)
      try statement.bind(.text(item.bytes), at: 2)
      while try statement.step() {}
      statement.reset()
    }
  }

  private static func defect(_ message: String, _ sql: String) -> DatabaseError {
    DatabaseError(code: misuse, message: message, context: sql)
  }
}
