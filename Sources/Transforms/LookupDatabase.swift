import JSON
import Resources
import SQLite

/// Lookup tables in a SQLite file, filled page by page.
actor LookupDatabase: LookupFile {
  private let connection: Connection
  private let tables: [LookupTable]
  private let path: String

  init(_ path: String, _ tables: [LookupTable]) throws(Failure) {
    self.path = path
    self.tables = tables
    do throws(DatabaseError) {
      connection = try Connection(.file(path), mode: .create)
      try connection.execute(
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS cutover_progress(
          name TEXT PRIMARY KEY, position TEXT, is_complete INTEGER NOT NULL, rows INTEGER NOT NULL
        ) STRICT;
        """)
      for table in tables { try connection.execute(try Self.script(table)) }
    } catch {
      throw Self.failure(path, error)
    }
  }

  /// What makes a table with its indexes, if it is not there.
  static func script(_ table: LookupTable) throws(DatabaseError) -> String {
    let name = try Identifier.quoted(table.name)
    var lines = ["CREATE TABLE IF NOT EXISTS \(name)(\(try list(table.columns.map(\.name))));"]
    for (number, index) in table.indexes.enumerated() {
      let label = try Identifier.quoted("\(table.name)_\(number)")
      lines.append("CREATE INDEX IF NOT EXISTS \(label) ON \(name)(\(try list(index)));")
    }
    return lines.joined(separator: "\n")
  }

  private static func list(_ names: [String]) throws(DatabaseError) -> String {
    var quoted: [String] = []
    for name in names { quoted.append(try Identifier.quoted(name)) }
    return quoted.joined(separator: ", ")
  }

  func progress(of table: String) throws(Failure) -> LookupProgress {
    do throws(DatabaseError) {
      guard
        let row = try connection.row(
          "SELECT position, is_complete, rows FROM cutover_progress WHERE name = ?1",
          .string(table))
      else { return LookupProgress(position: nil, isComplete: false, rows: 0) }
      return LookupProgress(
        position: row[0].stringValue.map { PagePosition($0) },
        isComplete: row[1].integerValue == 1, rows: Int(row[2].integerValue ?? 0))
    } catch {
      throw Self.failure(path, error)
    }
  }

  func add(_ page: Page<Item>, to name: String) throws(Failure) {
    guard let table = tables.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      throw .permanent("there is no lookup '\(name)'", hint: "Report this bug.")
    }
    var rows: [[Column]] = []
    for item in page.elements { rows.append(try values(of: item, for: table)) }
    let marks = (1...max(1, table.columns.count)).map { "?\($0)" }.joined(separator: ", ")
    do {
      try connection.write { connection in
        var insert = try connection.prepare(
          "INSERT INTO \(try Identifier.quoted(name)) VALUES (\(marks))")
        for row in rows { try insert.run(row) }
        try connection.run(
          """
          INSERT INTO cutover_progress VALUES (?1, ?2, ?3, ?4)
          ON CONFLICT(name) DO UPDATE SET position = ?2, is_complete = ?3, rows = rows + ?4
          """, .string(name), .string(page.next?.text), .integer(page.next == nil ? 1 : 0),
          .integer(page.elements.count))
      }
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch {
      throw .permanent("\(path): \(error)", hint: "Report this bug.")
    }
  }

  func clear(_ name: String) throws(Failure) {
    do {
      try connection.write { connection in
        try connection.run("DELETE FROM \(try Identifier.quoted(name))")
        try connection.run("DELETE FROM cutover_progress WHERE name = ?1", .string(name))
      }
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch {
      throw .permanent("\(path): \(error)", hint: "Report this bug.")
    }
  }

  private func values(of item: Item, for table: LookupTable) throws(Failure) -> [Column] {
    var reader = AttributeReader()
    do throws(JSONScanner.Malformed) {
      try reader.read(item.bytes)
      var values: [Column] = []
      for column in table.columns {
        if column.path.isEmpty {
          values.append(.text(item.bytes))
          continue
        }
        let path = column.path.enumerated().map { index, step in
          index > 0 && Int(step) != nil
            ? AttributeReader.Step.index(Int(step) ?? 0) : .name(.init(utf8: Array(step.utf8)))
        }
        guard let found = try reader.find(path[...]) else {
          values.append(.null)
          continue
        }
        // What has no plain value is kept with its type.
        let plain = try? ItemText.plain(found, in: item.bytes, column.name)
        values.append(plain ?? .text(Array(item.bytes[found.whole])))
      }
      return values
    } catch {
      throw .permanent(
        "the lookup '\(table.name)' met an item that is not DynamoDB JSON: \(error.expected) is "
          + "missing at byte \(error.offset)",
        hint: "Look at the item \(String(decoding: item.bytes.prefix(200), as: UTF8.self))")
    }
  }

  private static func failure(_ path: String, _ error: DatabaseError) -> Failure {
    .permanent(
      "the lookups in \(path) cannot be kept: \(error.message)",
      hint: "Make room or give the right to write there, then 'cutover retry'.")
  }
}
