import SQLite

/// The SQL for one table, made once from its schema.
struct TableStatements: Sendable {
  let firstPage: String
  let nextPage: String
  let find: String
  /// Writes a row whatever is there; for a table keyed by row id this inserts only.
  let put: String
  /// For a table keyed by row id: changes the row if it is there, the key bound last.
  let update: String
  let delete: String
  let clear: String
  let drop: String
  /// Finds a row whose key is partly NULL; nil where there can be none.
  let findNullKey: String?

  private let names: String
  private let keyNames: String
  private let keyMarks: String
  private let conflict: String
  private let table: String

  init(_ schema: TableSchema) throws(DatabaseError) {
    var quoted: [String] = []
    for column in schema.columns { quoted.append(try Identifier.quoted(column.name)) }
    let keys = schema.keyPlaces.map { quoted[$0] }
    let others = quoted.indices.filter { !schema.keyPlaces.contains($0) }.map { quoted[$0] }
    table = try Identifier.quoted(schema.name)
    names = quoted.joined(separator: ", ")
    keyNames = keys.joined(separator: ", ")
    keyMarks = keys.map { _ in "?" }.joined(separator: ", ")
    let match = keys.map { "\($0) = ?" }.joined(separator: " AND ")
    // Setting a key to itself makes a row that is there already count as written.
    let set = others.isEmpty ? keys : others
    let updates = set.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    conflict =
      schema.isKeyedByRowID
      ? "" : "ON CONFLICT (\(keyNames)) DO UPDATE SET \(updates)"

    firstPage = "SELECT \(names) FROM \(table) ORDER BY \(keyNames) LIMIT ?"
    nextPage = """
      SELECT \(names) FROM \(table) WHERE (\(keyNames)) > (\(keyMarks)) ORDER BY \(keyNames) LIMIT ?
      """
    find = "SELECT \(names) FROM \(table) WHERE \(match)"
    let marks = quoted.map { _ in "?" }.joined(separator: ", ")
    put = "INSERT INTO \(table) (\(names)) VALUES (\(marks)) \(conflict)"
    let settings = others.map { "\($0) = ?" }.joined(separator: ", ")
    // A table of nothing but row ids has nothing to set.
    let assignment = settings.isEmpty ? "\(keyNames) = \(keyNames)" : settings
    update = "UPDATE \(table) SET \(assignment) WHERE \(match)"
    delete = "DELETE FROM \(table) WHERE \(match)"
    clear = "DELETE FROM \(table)"
    drop = "DROP TABLE IF EXISTS main.\(table)"
    var nulls: [String] = []
    for name in schema.nullableKeys { nulls.append("\(try Identifier.quoted(name)) IS NULL") }
    findNullKey =
      nulls.isEmpty
      ? nil : "SELECT 1 FROM \(table) WHERE \(nulls.joined(separator: " OR ")) LIMIT 1"
  }

  /// The key of the last row of a portion of the source.
  func lastKey(of source: String, isFirst: Bool) -> String {
    let range = isFirst ? "" : "WHERE (\(keyNames)) > (\(keyMarks))"
    return "SELECT \(keyNames) FROM \(source) \(range) ORDER BY \(keyNames) LIMIT 1 OFFSET ?"
  }

  /// Copies the rows of a portion; its first key is excluded and its last one included.
  func copy(from source: String, isFirst: Bool, isLast: Bool) -> String {
    let start = isFirst ? "true" : "(\(keyNames)) > (\(keyMarks))"
    let end = isLast ? "true" : "(\(keyNames)) <= (\(keyMarks))"
    return """
      INSERT INTO main.\(table) (\(names)) SELECT \(names) FROM \(source) \
      WHERE \(start) AND \(end) ORDER BY \(keyNames) \(conflict)
      """
  }
}
