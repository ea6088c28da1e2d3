package import Resources
import Synchronization

/// A table in memory that can also be read in segments.
///
/// One that meets lets two segments read side by side what they are to write over, so that each
/// knows nothing yet of what the other is about to store.
package final class SegmentedTable: TableSegmentScanning {
  package let table: MemoryTable

  /// Long enough for another segment to come along; none has to.
  private static let patience = 2_000
  private let meets: Bool
  private let reading = Atomic(0)

  package init(_ table: MemoryTable, meets: Bool = false) {
    self.table = table
    self.meets = meets
  }

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
    guard meets else { return try await table.items(for: keys) }
    let found = try await table.items(for: keys)
    reading.add(1, ordering: .relaxed)
    for _ in 0..<Self.patience where reading.load(ordering: .relaxed) < 2 { await Task.yield() }
    reading.subtract(1, ordering: .relaxed)
    return found
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
