package import Resources
import SQLite

/// Makes transforms out of SQL statements that the embedded SQLite runs over each batch.
///
/// A statement reads the table `input(seq, item)`, where `item` is DynamoDB JSON, and yields rows
/// `seq, put` or `seq, put, skip`: `put` is the DynamoDB JSON of an item to write, or NULL with the
/// reason in `skip`. Several rows of one `seq` are several items. It reaches nothing but its input.
package struct SQLTransforms: TransformMaker {
  package init() {}

  package func make(sql: String) throws(Failure) -> any ItemTransform {
    do throws(DatabaseError) {
      // Compiled here only to be checked: a connection belongs to the actor that uses it.
      _ = try TransformConnection(sql)
    } catch {
      throw Self.failure(error)
    }
    return SQLTransform(sql)
  }

  static func failure(_ error: DatabaseError) -> Failure {
    .permanent(
      "the transform is refused: \(error.message)",
      hint: error.isUnauthorized
        ? "It may only read the table input(seq, item), and give equal answers to equal items."
        : "It must be one SELECT over input(seq, item) that yields seq, put and maybe skip.")
  }
}

/// Runs one statement over batches, one at a time.
private actor SQLTransform: ItemTransform {
  private let sql: String
  private var opened: TransformConnection?

  init(_ sql: String) { self.sql = sql }

  func apply(_ items: [Item]) async throws(Failure) -> [TransformOutcome] {
    let connection: TransformConnection
    do throws(DatabaseError) {
      if let opened { connection = opened } else { connection = try TransformConnection(sql) }
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
  ) throws(Failure) -> [TransformOutcome] {
    var outcomes: [TransformOutcome] = []
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
