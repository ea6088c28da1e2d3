package import Resources

/// A table in memory that can also be read in segments.
package final class SegmentedTable: TableSegmentScanning {
  package let table: MemoryTable

  package init(_ table: MemoryTable) { self.table = table }

  package var url: ResourceURL { table.url }
  package var writesConditionsOneByOne: Bool { true }

  package func page(
    of segment: TableSegment?, after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    guard let segment else { return try await table.page(after: position, limit: limit) }
    let page = try await table.page(after: position, limit: limit)
    var mine: [Item] = []
    for item in page.elements {
      let key = try table.key(of: item)
      let sum = key.bytes.reduce(0) { $0 &* 31 &+ Int($1) }
      if ((sum % segment.count) + segment.count) % segment.count == segment.index {
        mine.append(item)
      }
    }
    return Page(mine, next: page.next)
  }

  package func description() async throws(Failure) -> TableDescription? {
    try await table.description()
  }
  package func key(of item: Item) async throws(Failure) -> ItemKey { try table.key(of: item) }
  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    try await table.page(after: position, limit: limit)
  }
  package func items(for keys: [ItemKey]) async throws(Failure) -> [Item?] {
    try await table.items(for: keys)
  }
  package func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome {
    try await table.write(changes)
  }
  package func create(like description: TableDescription) async throws(Failure) {
    try await table.create(like: description)
  }
  package func clear() async throws(Failure) { try await table.clear() }
  package func delete() async throws(Failure) { try await table.delete() }
}
