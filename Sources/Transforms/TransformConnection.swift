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

  private let connection: Connection
  private let sql: String
  private let hasSkip: Bool
  private let made: MadeItem
  private let gate = Gate()

  /// What the authorizer and the progress handler look at, on the owner's thread.
  private final class Gate {
    var isOurs = true
    var ticks = 0
  }

  init(_ sql: String) throws(DatabaseError) {
    self.sql = sql
    connection = try Connection(.memory, mode: .create)
    try connection.execute("CREATE TABLE input(seq INTEGER PRIMARY KEY, item TEXT NOT NULL)")
    made = try ItemFunctions.define(on: connection)
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
    let statement = try connection.prepare(sql)
    guard statement.isReadOnly, statement.parameterCount == 0 else {
      throw Self.defect("it must be a SELECT without parameters", sql)
    }
    switch statement.columnNames.map({ $0.lowercased() }) {
    case ["seq", "put"]: hasSkip = false
    case ["seq", "put", "skip"]: hasSkip = true
    case let names:
      throw Self.defect(
        "it yields the columns (\(names.joined(separator: ", "))) instead of (seq, put) or "
          + "(seq, put, skip)", sql)
    }
  }

  /// One outcome for each item; throws when the statement itself fails.
  func run(_ items: [Item]) throws(DatabaseError) -> [TransformOutcome] {
    try load(items)
    gate.ticks = 0
    var results = [Result](repeating: Result(), count: items.count)
    var statement = try connection.prepare(sql)
    var rows = 0
    while try statement.step() {
      rows += 1
      guard rows <= Self.rowsMax else {
        throw Self.defect("it yields more than \(Self.rowsMax) rows for one batch", sql)
      }
      guard statement.kind(0) == .integer, results.indices.contains(Int(statement.integer(0)))
      else { throw Self.defect("it yields a seq that is none of its input's", sql) }
      results[Int(statement.integer(0))].add(
        put: statement.kind(1) == .null ? nil : statement.bytes(1),
        skip: !hasSkip || statement.kind(2) == .null ? nil : statement.string(2), made: made.bytes)
    }
    return results.map(\.outcome)
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

  /// What the rows of one item add up to.
  private struct Result {
    var puts: [ItemChange] = []
    var skip: String?
    var defect: String?

    /// Takes a row; `made` is the item that is known to be one, and canonical.
    mutating func add(put: [UInt8]?, skip reason: String?, made: [UInt8]) {
      switch (put, reason) {
      case (let put?, nil):
        if !put.isEmpty, put == made {
          puts.append(.put(Item(bytes: put, isCanonical: true)))
        } else if let defect = ItemText.defect(of: put) {
          self.defect = defect
        } else {
          puts.append(.put(Item(bytes: put, isCanonical: false)))
        }
      case (nil, let reason?): skip = reason
      case (nil, nil): defect = "it gives neither 'put' nor 'skip'"
      case (_?, _?): defect = "it gives both 'put' and 'skip'"
      }
    }

    var outcome: TransformOutcome {
      if let defect { return .failed(defect) }
      switch (puts.isEmpty, skip) {
      case (true, let skip?): return .skip(skip)
      case (true, nil): return .failed("the transform yields no row for it")
      case (false, nil): return .changes(puts)
      case (false, _?): return .failed("the transform both writes and skips it")
      }
    }
  }
}
