package import Resources
import SQLite

extension SQLiteTable {
  /// Writes the batch in one transaction: all of it is durable, or nothing was changed.
  package func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome {
    guard !changes.isEmpty else { return WriteOutcome() }
    return try onDatabase { connection in
      let known = try existing(connection)
      return try connection.write { connection in
        var writer = try RowWriter(known, connection, url)
        var outcome = WriteOutcome()
        for change in changes {
          switch change {
          case .put(let item): try writer.put(item)
          case .insert(let item):
            if let conflict = try writer.insert(item) { outcome.conflicts.append(conflict) }
          case .delete(let key):
            try writer.delete(try KeyText.values(known.schema, key, url))
          case .replace(let former, let item):
            if let conflict = try writer.replace(former, with: item) {
              outcome.conflicts.append(conflict)
            }
          case .remove(let former):
            if let conflict = try writer.remove(former) { outcome.conflicts.append(conflict) }
          }
        }
        return outcome
      }
    }
  }
}

/// Writes rows with statements that are prepared once for a batch.
private struct RowWriter: ~Copyable {
  private let schema: TableSchema
  private let connection: Connection
  private let others: [Int]
  private let decoder: ItemDecoder
  private let url: ResourceURL
  private var encoder: ItemEncoder
  private var putting: Statement
  private var updating: Statement
  private var finding: Statement
  private var deleting: Statement

  init(_ known: SQLiteTable.Known, _ connection: Connection, _ url: ResourceURL) throws {
    let putting = try connection.prepare(known.statements.put)
    let updating = try connection.prepare(known.statements.update)
    let finding = try connection.prepare(known.statements.find)
    let deleting = try connection.prepare(known.statements.delete)
    schema = known.schema
    self.connection = connection
    others = known.schema.columns.indices.filter { !known.schema.keyPlaces.contains($0) }
    decoder = ItemDecoder(known.schema, url)
    self.url = url
    encoder = ItemEncoder(known.schema)
    self.putting = putting
    self.updating = updating
    self.finding = finding
    self.deleting = deleting
  }

  mutating func put(_ item: Item) throws {
    try decoder.read(item.bytes)
    if schema.isKeyedByRowID, try update(item) { return }
    try insertRow(item)
  }

  /// Writes the item where its key is free; answers the key if another item has it.
  mutating func insert(_ item: Item) throws -> ItemKey? {
    try decoder.read(item.bytes)
    let key = decoder.values(from: item.bytes, at: schema.keyPlaces)
    guard let there = try find(key) else {
      try insertRow(item)
      return nil
    }
    return isSame(there, as: item) ? nil : KeyText.key(schema, key)
  }

  /// Writes the item where `former` still is; answers the key if something else is.
  mutating func replace(_ former: Item, with item: Item) throws -> ItemKey? {
    try decoder.read(former.bytes)
    let key = decoder.values(from: former.bytes, at: schema.keyPlaces)
    let there = try find(key)
    let isKnown = there.map { isSame($0, as: former) } ?? false
    try decoder.read(item.bytes)
    guard decoder.values(from: item.bytes, at: schema.keyPlaces) == key else {
      throw Failure.permanent(
        "\(url): the item \(KeyText.key(schema, key).text) would be replaced by one with another "
          + "key",
        hint: "Report this bug.")
    }
    if isKnown {
      try put(item)
      return nil
    }
    let isDone = there.map { isSame($0, as: item) } ?? false
    return isDone ? nil : KeyText.key(schema, key)
  }

  /// Removes an item that still is as it was; answers the key if something else is there.
  mutating func remove(_ former: Item) throws -> ItemKey? {
    try decoder.read(former.bytes)
    let key = decoder.values(from: former.bytes, at: schema.keyPlaces)
    guard let there = try find(key) else { return nil }
    guard isSame(there, as: former) else { return KeyText.key(schema, key) }
    try delete(key)
    return nil
  }

  private mutating func find(_ key: [Column]) throws -> Item? {
    finding.reset()
    try finding.bind(key)
    defer { finding.reset() }
    return try finding.step() ? try SQLiteTable.item(in: finding, schema, &encoder) : nil
  }

  mutating func delete(_ key: [Column]) throws {
    try deleting.run(key)
  }

  private mutating func insertRow(_ item: Item) throws {
    putting.reset()
    try item.bytes.withUnsafeBytes { bytes in
      for place in schema.columns.indices {
        try decoder.bind(place, from: bytes, to: &putting, at: place + 1)
      }
    }
    while try putting.step() {}
    putting.reset()
  }

  /// Changes the row with this row id; false if there is none.
  private mutating func update(_ item: Item) throws -> Bool {
    updating.reset()
    try item.bytes.withUnsafeBytes { bytes in
      for (index, place) in (others + schema.keyPlaces).enumerated() {
        try decoder.bind(place, from: bytes, to: &updating, at: index + 1)
      }
    }
    while try updating.step() {}
    updating.reset()
    return connection.changes > 0
  }

  /// Whether an item means the same as the one that is there.
  ///
  /// `decoder` holds the one to be written, so the one that is there is read by another.
  private func isSame(_ there: Item, as item: Item) -> Bool {
    switch schema.layout {
    case .document: return CanonicalItem.isSame(there.bytes, item.bytes)
    case .columns:
      let other = ItemDecoder(schema, url)
      guard (try? other.read(there.bytes)) != nil else { return false }
      let places = Array(schema.columns.indices)
      return other.values(from: there.bytes, at: places)
        == decoder.values(from: item.bytes, at: places)
    }
  }
}
