import Resources

/// Something that stands under a key, and can be written down.
protocol KeyedRow: Codable, Sendable {
  var key: ObjectKey { get }
}

extension ObjectEntry: KeyedRow {}

/// Walks over what stands under keys, in their order.
protocol KeyedWalk: Sendable {
  associatedtype Row: KeyedRow
  /// What was read and not yet taken.
  var waiting: ArraySlice<Row> { get set }
  /// What stands in the next page, which may be nothing; nil after the last one.
  mutating func nextPage() async throws(Failure) -> [Row]?
}

extension KeyedWalk {
  mutating func peek() async throws(Failure) -> Row? {
    while waiting.isEmpty {
      guard let page = try await nextPage() else { return nil }
      waiting = page[...]
    }
    return waiting.first
  }

  mutating func skip() { waiting = waiting.dropFirst() }

  /// What stands under a key; keys must be asked for in rising order.
  mutating func row(for key: ObjectKey) async throws(Failure) -> Row? {
    while let row = try await peek(), row.key < key { skip() }
    guard let row = try await peek(), row.key == key else { return nil }
    return row
  }
}
