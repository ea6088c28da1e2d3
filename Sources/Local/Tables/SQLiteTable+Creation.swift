import JSON
package import Resources
import SQLite

extension SQLiteTable {
  /// Creates the table with the source's own definition, or one made from its attributes.
  ///
  /// A store without a schema gets a table of whole items. The file is created if it is missing,
  /// with write-ahead logging; its folder must exist. Indexes and triggers are not copied.
  package func create(like description: TableDescription) async throws(Failure) {
    let isNew = try FileIdentity.of(path, url) == nil
    try Failure.onDatabase(url) {
      let connection = try isNew ? open(.create) : open(.write)
      if isNew { try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = EXTRA;") }
      if let known = try current(connection) {
        return try check(known.schema, against: description)
      }
      let sql = try TableDefinition.sql(for: description, named: name, url)
      _ = try connection.write { try $0.run(sql) }
      try check(existing(connection).schema, against: description)
    }
  }

  /// Refuses a table that is there and has another key or other columns.
  private func check(_ schema: TableSchema, against wanted: TableDescription) throws(Failure) {
    let there = schema.description(itemCount: nil, byteCount: nil)
    var differences: [String] = []
    if there.keys.map(\.name) != wanted.keys.map(\.name) {
      differences.append(
        "its key is (\(there.keys.map(\.name).joined(separator: ", "))) instead of "
          + "(\(wanted.keys.map(\.name).joined(separator: ", ")))")
    }
    let here = there.keys + there.attributes
    let asked = wanted.keys + wanted.attributes
    for attribute in asked {
      guard let found = here.first(where: { $0.name.hasSameBytes(as: attribute.name) }) else {
        differences.append("it has no column '\(attribute.name)'")
        continue
      }
      if found.type != attribute.type {
        differences.append(
          "its column '\(attribute.name)' is \(found.type) instead of \(attribute.type)")
      }
    }
    for attribute in here where !asked.contains(where: { $0.name.hasSameBytes(as: attribute.name) })
    {
      differences.append("it has a column '\(attribute.name)' besides")
    }
    guard differences.isEmpty else {
      throw .refused(
        "\(url) is there already and is different: \(differences.joined(separator: "; "))",
        hint: "Remove the table, name another one, or create it yourself and copy into it.")
    }
  }
}
