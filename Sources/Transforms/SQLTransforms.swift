package import Resources
import SQLite

/// Makes transforms out of SQL statements that the embedded SQLite runs over each batch.
///
/// A statement reads the table `input(seq, item)`, where `item` is DynamoDB JSON, and yields rows
/// `seq, put` or `seq, put, skip`: `put` is the DynamoDB JSON of an item to write, or NULL with the
/// reason in `skip`. Several rows of one `seq` are several items. A migration's statement may also
/// yield `target`, `update` and `delete`, and read lookup tables. It reaches nothing else.
package struct SQLTransforms: TransformMaker {
  package init() {}

  package func make(sql: String) throws(Failure) -> any ItemTransform {
    let statement = TransformStatement(sql, targets: [], moment: Timestamp(milliseconds: 0))
    try Self.check(statement, isCopying: true)
    return CopyingTransform(StatementRunner(statement, isCopying: true))
  }

  package func make(_ statement: TransformStatement) throws(Failure) -> any TableTransform {
    try Self.check(statement, isCopying: false)
    return StatementRunner(statement, isCopying: false)
  }

  package func make(_ filter: FilterProgram) throws(Failure) -> any TableTransform {
    guard let program = filter.argv.first, !program.isEmpty else {
      throw .permanent("the filter names no program", hint: "Name it and its words in 'filter'.")
    }
    return FilterTransform(filter)
  }

  package func explain(_ statement: TransformStatement) throws(Failure) -> [String] {
    do throws(DatabaseError) {
      return try TransformConnection(statement, isCopying: false).plan()
    } catch {
      throw Self.failure(error)
    }
  }

  package func lookups(
    at path: String, _ tables: [LookupTable]
  ) throws(Failure) -> any LookupFile {
    try LookupDatabase(path, tables)
  }

  /// Compiled here only to be checked: a connection belongs to the actor that uses it.
  private static func check(
    _ statement: TransformStatement, isCopying: Bool
  ) throws(Failure) {
    do throws(DatabaseError) {
      _ = try TransformConnection(statement, isCopying: isCopying)
    } catch {
      throw failure(error)
    }
  }

  static func failure(_ error: DatabaseError) -> Failure {
    .permanent(
      "the transform is refused: \(error.message)",
      hint: error.isUnauthorized
        ? "It may only read its input and lookups, and give equal answers to equal items."
        : "It must be one SELECT over input(seq, item) that yields seq, put and maybe skip.")
  }
}

/// A statement without targets of its own, as a copy wants it.
private struct CopyingTransform: ItemTransform {
  private let runner: StatementRunner

  init(_ runner: StatementRunner) { self.runner = runner }

  func apply(_ items: [Item]) async throws(Failure) -> [TransformOutcome] {
    try await runner.apply(items).map { outcome in
      switch outcome {
      case .skip(let reason): .skip(reason)
      case .failed(let reason): .failed(reason)
      case .writes(let writes):
        .changes(
          writes.compactMap { write in
            if case .put(let item) = write.kind { .put(item) } else { nil }
          })
      }
    }
  }
}

/// Runs one statement over batches, one at a time.
private actor StatementRunner: TableTransform {
  private let statement: TransformStatement
  private let isCopying: Bool
  private var opened: TransformConnection?

  init(_ statement: TransformStatement, isCopying: Bool) {
    self.statement = statement
    self.isCopying = isCopying
  }

  func apply(_ items: [Item]) async throws(Failure) -> [MigrationOutcome] {
    let connection: TransformConnection
    do throws(DatabaseError) {
      if let opened {
        connection = opened
      } else {
        connection = try TransformConnection(statement, isCopying: isCopying)
      }
    } catch {
      throw SQLTransforms.failure(error)
    }
    opened = connection
    do throws(DatabaseError) {
      return try connection.run(items)
    } catch {
      return try eachAlone(items, connection, error)
    }
  }

  /// Runs a batch that failed item by item, to find the one to blame.
  private func eachAlone(
    _ items: [Item], _ connection: TransformConnection, _ whole: DatabaseError
  ) throws(Failure) -> [MigrationOutcome] {
    var outcomes: [MigrationOutcome] = []
    for item in items {
      do throws(DatabaseError) {
        outcomes += try connection.run([item])
      } catch {
        outcomes.append(.failed(error.message))
      }
    }
    let isBlamed = outcomes.contains { if case .failed = $0 { true } else { false } }
    guard isBlamed else {
      throw .permanent(
        "the transform fails over a batch, but over none of its items: \(whole.message)",
        hint: "It must look at each item by itself: batches are cut anywhere.")
    }
    return outcomes
  }
}
