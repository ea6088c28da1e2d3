/// A SQL statement and all that it may look at besides the items it is given.
package struct TransformStatement: Sendable, Hashable {
  package var sql: String
  /// The names of the tables that it may write to; with one, rows need not say it.
  package var targets: [String]
  /// What `param('name')` gives.
  package var parameters: [String: String]
  /// What `moment()` gives: one for a whole step, so that a batch that is repeated gives the same.
  package var moment: Timestamp
  /// The tables that it may read.
  package var lookups: [LookupTable]
  /// The file that holds them; nil to compile only, with empty ones.
  package var lookupPath: String?

  package init(
    _ sql: String, targets: [String], parameters: [String: String] = [:], moment: Timestamp,
    lookups: [LookupTable] = [], lookupPath: String? = nil
  ) {
    self.sql = sql
    self.targets = targets
    self.parameters = parameters
    self.moment = moment
    self.lookups = lookups
    self.lookupPath = lookupPath
  }
}

/// A table of plain values beside a transform, filled from items of another table.
package struct LookupTable: Sendable, Hashable, Codable {
  /// One column: an attribute, or a part of one by the steps of its path.
  package struct Column: Sendable, Hashable, Codable {
    package var name: String
    /// Names of members and numbers of elements; empty stands for the whole item as text.
    package var path: [String]

    package init(_ name: String, path: [String]) {
      self.name = name
      self.path = path
    }
  }

  package var name: String
  package var columns: [Column]
  /// The columns of each index.
  package var indexes: [[String]]

  package init(_ name: String, columns: [Column], indexes: [[String]] = []) {
    self.name = name
    self.columns = columns
    self.indexes = indexes
  }
}

/// Lookup tables on disk while they are filled; only one at a time works on a file.
///
/// Each page is stored together with the position behind it, so that a fill that was interrupted
/// goes on where it stopped, and adds nothing twice.
package protocol LookupFile: Sendable {
  /// How far the fill of a table has come.
  func progress(of table: String) async throws(Failure) -> LookupProgress
  /// Adds one page; durable on return.
  func add(_ page: Page<Item>, to table: String) async throws(Failure)
  /// Empties a table, to be filled from the beginning.
  func clear(_ table: String) async throws(Failure)
}

package struct LookupProgress: Sendable, Hashable {
  package var position: PagePosition?
  package var isComplete: Bool
  package var rows: Int

  package init(position: PagePosition?, isComplete: Bool, rows: Int) {
    self.position = position
    self.isComplete = isComplete
    self.rows = rows
  }
}
