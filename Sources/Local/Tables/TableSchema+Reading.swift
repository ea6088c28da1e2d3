import Resources
import SQLite

extension TableSchema {
  /// Reads a table's schema; nil when the file has no table of that name.
  static func read(
    _ name: String, from connection: Connection, of url: ResourceURL
  ) throws -> TableSchema? {
    let found = try connection.rows(
      "SELECT type, sql, name FROM sqlite_schema WHERE name = ? COLLATE NOCASE", .string(name))
    guard let row = found.first else { return nil }
    guard row[2].bytesValue == Array(name.utf8) else {
      throw Failure.refused(
        "\(url): the table is written '\(row[2].stringValue ?? "")', and SQLite takes both for one",
        hint: "Write the name exactly as the table has it.")
    }
    let definition = row[1].stringValue ?? ""
    guard row[0].stringValue == "table", !definition.uppercased().hasPrefix("CREATE VIRTUAL") else {
      throw Failure.refused(
        "\(url) is a \(row[0].stringValue ?? "thing") that items cannot be copied to or from",
        hint: "Name an ordinary table.")
    }
    return try TableSchema(name, definition, connection, url)
  }

  private init(
    _ name: String, _ definition: String, _ connection: Connection, _ url: ResourceURL
  ) throws {
    let list = try connection.rows(
      "SELECT wr, strict FROM pragma_table_list WHERE name = ? AND schema = 'main'", .string(name))
    let isWithoutRowID = list.first?[0].integerValue == 1
    let isStrict = list.first?[1].integerValue == 1
    // 0 is an ordinary column, 1 a hidden one, 2 and 3 are generated from others.
    let rows = try connection.rows(
      "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid",
      .string(name))
    var columns: [(column: Column, keyIndex: Int)] = rows.map { row in
      let type = row[1].stringValue ?? ""
      let column = Column(
        name: row[0].stringValue ?? "", declaredType: type, isRequired: row[2] == 1,
        affinity: Affinity(declared: type, isStrict: isStrict))
      return (column, Int(row[3].integerValue ?? 0))
    }
    let isKeyedByRowID = !columns.contains { $0.keyIndex > 0 }
    if isKeyedByRowID {
      let column = Column(
        name: try Self.rowIDName(besides: columns.map(\.column.name), url),
        declaredType: "INTEGER", isRequired: true, affinity: .integer)
      columns.append((column, 1))
    }
    columns.sort { $0.column.name.utf8.lexicographicallyPrecedes($1.column.name.utf8) }
    let keyed = columns.indices.filter { columns[$0].keyIndex > 0 }
    let keyPlaces = keyed.sorted { columns[$0].keyIndex < columns[$1].keyIndex }
    let isRowIDAlias =
      keyPlaces.count == 1 && columns[keyPlaces[0]].column.declaredType.uppercased() == "INTEGER"
    let isNeverNull = isWithoutRowID || isRowIDAlias || isKeyedByRowID

    self.name = name
    self.columns = columns.map(\.column)
    self.keyPlaces = keyPlaces
    nullableKeys =
      isNeverNull
      ? [] : keyPlaces.map { columns[$0].column }.filter { !$0.isRequired }.map(\.name)
    self.isKeyedByRowID = isKeyedByRowID
    self.isStrict = isStrict
    let document = columns.firstIndex { $0.column.declaredType == Self.documentType }
    layout = document.map { .document($0) } ?? .columns
    indexes = try Self.indexes(of: name, connection)
    self.definition = definition
  }

  /// A name of the row id that no column hides.
  private static func rowIDName(
    besides names: [String], _ url: ResourceURL
  ) throws(Failure) -> String {
    let taken = Set(names.map { $0.lowercased() })
    guard let name = ["rowid", "_rowid_", "oid"].first(where: { !taken.contains($0) }) else {
      throw .refused(
        "\(url) has no primary key, and its columns hide the row id",
        hint: "Give the table a primary key.")
    }
    return name
  }

  private static func indexes(of name: String, _ connection: Connection) throws -> [String] {
    // Indexes that come with the table's own definition have no text.
    try connection.rows(
      """
      SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger')
      AND sql IS NOT NULL ORDER BY type, name
      """, .string(name)
    ).compactMap { $0[0].stringValue }
  }
}
