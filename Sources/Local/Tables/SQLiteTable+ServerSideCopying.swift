package import Resources
import SQLite

extension SQLiteTable: TableServerSideCopying {
  /// True for another SQLite table with the same columns: SQLite then copies rows by itself.
  package func canCopy(from source: any TableStore) async throws(Failure) -> Bool {
    guard let source = source as? SQLiteTable, source.url != url,
      let mine = try schemaNow(), let other = try await source.schemaNow()
    else { return false }
    // Without a key of its own a row cannot be told from one that was copied before.
    return mine.isAlike(other) && !mine.isKeyedByRowID
  }

  /// Copies one range of keys in a transaction of its own.
  package func copyPage(
    from source: any TableStore, after position: PagePosition?, limit: Int
  ) async throws(Failure) -> TableCopyOutcome {
    precondition(limit > 0, "a page has room for an item")
    guard let source = source as? SQLiteTable else {
      preconditionFailure("canCopy(from:) said no")
    }
    if position == nil { try await source.checkKeys() }
    return try onDatabase { connection in
      let known = try existing(connection)
      let table = try attach(source, to: connection)
      let start = try position.map { position in
        try KeyPosition.key(position, count: known.schema.keyPlaces.count, of: source.url)
      }
      return try connection.write { connection in
        let last = try connection.rows(
          known.statements.lastKey(of: table, isFirst: start == nil),
          (start ?? []) + [.integer(limit - 1)]
        ).first
        let sql = known.statements.copy(from: table, isFirst: start == nil, isLast: last == nil)
        var statement = try connection.prepare(sql)
        try statement.run((start ?? []) + (last ?? []))
        return TableCopyOutcome(
          copied: connection.changes, next: last.map { KeyPosition.position($0) })
      }
    }
  }

  /// The schema, or nil where there is no table.
  func schemaNow() throws(Failure) -> TableSchema? {
    guard try FileIdentity.of(path, url) != nil else { return nil }
    return try onDatabase { try current($0)?.schema }
  }

  func checkKeys() throws(Failure) {
    try onDatabase { try checkKeys(try existing($0), $0) }
  }

  /// Makes the source's file known to this connection, and answers how its table is called here.
  private func attach(_ source: SQLiteTable, to connection: Connection) throws -> String {
    let table = try Identifier.quoted(source.name)
    if try FileIdentity.of(source.path, source.url) == FileIdentity.of(path, url) {
      return "main.\(table)"
    }
    let name = "neighbour"
    let attached = try connection.rows("PRAGMA database_list").contains {
      $0[1].stringValue == name
    }
    // The file of that path may be another one by now, so it is opened anew for each page.
    if attached { try connection.run("DETACH \(name)") }
    guard try FileIdentity.of(source.path, source.url) != nil else {
      throw Failure.permanent(
        "\(source.url): the file is not there", hint: "Check the path, or restore the file.")
    }
    try connection.run("ATTACH ? AS \(name)", .string(source.path))
    return "\(name).\(table)"
  }
}
