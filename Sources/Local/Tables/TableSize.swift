import SQLite

/// How large a table is, where that can be told cheaply.
enum TableSize {
  /// Counting more rows than this would be a noticeable wait.
  private static let countMax = 5_000_000
  /// Adding up the pages of a larger file would be one too.
  private static let pagesMax: Int64 = 100_000

  static func itemCount(_ table: String, _ connection: Connection) throws(DatabaseError) -> Int? {
    let name = try Identifier.quoted(table)
    let count = try connection.value(
      "SELECT count(*) FROM (SELECT 1 FROM \(name) LIMIT ?)", .integer(countMax + 1))
    guard let count = count?.integerValue, count <= countMax else { return nil }
    return Int(count)
  }

  /// The bytes of the table's own pages, without its indexes.
  static func byteCount(
    _ table: String, _ connection: Connection
  ) throws(DatabaseError) -> Int64? {
    let pages = try connection.value("PRAGMA page_count")?.integerValue ?? 0
    guard pages <= pagesMax else { return nil }
    // Not every build of SQLite has this table; without it the size is simply not told.
    let sum = try? connection.value("SELECT sum(pgsize) FROM dbstat WHERE name = ?", .string(table))
    return sum?.integerValue
  }
}
