internal import JournalStore
internal import Resources

/// The registry of migrations in a table beside the data, in one of three layouts.
///
/// Records are inserted only where their key is free, and removed only as they were read. A deploy
/// table or a registry is small, so it is read whole.
struct TableRegistry: MigrationRegistry {
  let table: any TableStore
  let layout: RegistryLayout
  let clock: any WallClock

  var place: String { table.url.text }

  /// As many records as a page of any store holds with ease.
  private static let pageSize = 500
  /// How often a write that was not taken is tried again before it is a failure.
  private static let triesMax = 8
  private static let pause: Duration = .milliseconds(50)

  func records(of environment: String) async throws(Failure) -> [MigrationRecord] {
    try await items(of: environment).map(\.record)
      .sorted { ($0.order, $0.name) < ($1.order, $1.name) }
  }

  private func items(
    of environment: String
  ) async throws(Failure) -> [(record: MigrationRecord, item: Item)] {
    guard try await table.description() != nil else {
      // A table of ours is made with the first record; one of an old tool must be there.
      guard layout == .cutover else {
        throw .refused(
          "\(table.url) does not exist, which should hold the records of migrations",
          hint: "Check the name and the region; --layout cutover makes a table of its own.")
      }
      return []
    }
    var found: [(MigrationRecord, Item)] = []
    var position: PagePosition?
    repeat {
      let page = try await table.page(after: position, limit: Self.pageSize)
      for item in page.elements {
        if let record = try layout.record(in: item, environment: environment, at: table.url) {
          found.append((record, item))
        }
      }
      position = page.next
    } while position != nil
    return found
  }

  func add(_ record: MigrationRecord) async throws(Failure) {
    if try await table.description() == nil, layout == .cutover {
      try await table.create(like: TableDescription(keys: layout.keys))
    }
    // Foreign layouts have no room for two of one order, or for how an order was written.
    let there = try await records(of: record.environment).first {
      $0.isOf(record.order, record.name) || ($0.isNamedLoosely && $0.order == record.order)
    }
    let item = try layout.item(for: record)
    if let there, try layout.item(for: there) != item {
      throw Failure.recorded(there, at: place)
    }
    guard try await write(.insert(item)) else {
      throw .refused(
        "another record has taken the place of \(record.title) in \(place)",
        hint: "Somebody else was quicker; nothing was written. See 'cutover migrations list'.")
    }
  }

  func remove(
    _ record: MigrationRecord, because removal: MigrationRemoval
  ) async throws(Failure) {
    let there = try await items(of: record.environment).first { $0.record == record }
    guard let there, try await write(.remove(former: there.item)) else {
      throw Failure.changed(record, at: place)
    }
  }

  /// Writes one change until the table took it; false when it met something else.
  private func write(_ change: ItemChange) async throws(Failure) -> Bool {
    var changes = [change]
    for _ in 0..<Self.triesMax {
      let outcome = try await table.write(changes)
      guard outcome.conflicts.isEmpty else { return false }
      guard !outcome.unprocessed.isEmpty else { return true }
      changes = outcome.unprocessed
      do {
        try await clock.sleep(for: Self.pause)
      } catch {
        throw .cancelled
      }
    }
    throw .transient(
      "\(place) takes no writes just now", hint: "It is throttled; run the same command again.")
  }
}
