/// A table of items.
///
/// Laws, run against every provider by `TableStoreLaws`:
/// - Paging from nil to the last `next` yields every item that exists throughout exactly once, in
///   a stable order of the provider's own; a position stays valid while items come and go.
/// - When `write` returns, every change that it does not give back is durable. Writing the same
///   again changes nothing.
/// - `description` returns nil only when the table surely does not exist; an unreadable or
///   unreachable one throws.
package protocol TableStore: Sendable {
  var url: ResourceURL { get }
  func description() async throws(Failure) -> TableDescription?
  /// The key attributes of an item of this table; a store may have to ask for its schema first.
  func key(of item: Item) async throws(Failure) -> ItemKey
  /// Whether an `insert`, a `replace` and a `remove` cost a request of their own each, where a `put`
  /// shares one with others.
  var writesConditionsOneByOne: Bool { get }
  /// Why the store would surely refuse the item, found out without asking it; nil for none known.
  func defect(of item: Item) -> String?
  /// At most `limit` items after `position`.
  func page(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<Item>
  /// The items with these keys, in the order of the keys; nil where there is none.
  func items(for keys: [ItemKey]) async throws(Failure) -> [Item?]
  /// Writes a batch and returns what the store did not take, to be tried again.
  ///
  /// An `insert`, a `replace` or a `remove` that meets a different item comes back in `conflicts`
  /// and has changed nothing. All of them can be repeated when it is not known whether they were
  /// taken.
  func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome
  /// Creates the table with the description's key and attributes; one alike is success, another
  /// of the same name is refused.
  func create(like description: TableDescription) async throws(Failure)
  /// Removes every item and keeps the table.
  func clear() async throws(Failure)
  /// Removes the table; none there is success.
  func delete() async throws(Failure)
}

extension TableStore {
  package var writesConditionsOneByOne: Bool { false }
  package func defect(of item: Item) -> String? { nil }
}

package struct WriteOutcome: Sendable, Equatable {
  package var unprocessed: [ItemChange]
  /// The keys under which something else is than a guarded change was told.
  package var conflicts: [ItemKey]

  package init(unprocessed: [ItemChange] = [], conflicts: [ItemKey] = []) {
    self.unprocessed = unprocessed
    self.conflicts = conflicts
  }
}

/// What a table looks like, as far as a copy has to care.
package struct TableDescription: Sendable, Hashable, Codable {
  package struct Attribute: Sendable, Hashable, Codable {
    package var name: String
    /// The store's own word for the type (`INTEGER`, `S`); empty when it declares none.
    package var type: String
    package var isRequired: Bool

    package init(name: String, type: String, isRequired: Bool = false) {
      self.name = name
      self.type = type
      self.isRequired = isRequired
    }
  }

  /// Key attributes, partition key first.
  package var keys: [Attribute]
  /// Declared attributes besides the keys; empty for a store without a schema.
  package var attributes: [Attribute]
  /// Indexes and options that a copy does not make, each a line of text to compare.
  package var indexes: [String]
  /// Exact if the store can tell cheaply, nil if not.
  package var itemCount: Int?
  package var byteCount: Int64?
  /// As last counted, hours ago maybe; for estimates only.
  package var roughItemCount: Int?
  package var roughByteCount: Int64?
  /// What the table may take in a second, in units of 1 KB begun of an item; nil for no such limit.
  package var writeUnitsPerSecond: Int?
  /// Whether the table is kept from being removed; nil where there is no such thing.
  package var isProtected: Bool?
  /// What a table that is made like this one does not get, in words; nil for nothing.
  package var leftOut: [String]?
  /// The provider's own definition, such as the CREATE statement, for a faithful `create`.
  package var definition: String?

  package init(
    keys: [Attribute], attributes: [Attribute] = [], indexes: [String] = [],
    itemCount: Int? = nil, byteCount: Int64? = nil, definition: String? = nil
  ) {
    self.keys = keys
    self.attributes = attributes
    self.indexes = indexes
    self.itemCount = itemCount
    self.byteCount = byteCount
    self.definition = definition
  }
}

extension TableDescription {
  /// The exact number if it is known, or else the rough one.
  package var anyItemCount: Int? { itemCount ?? roughItemCount }
  package var anyByteCount: Int64? { byteCount ?? roughByteCount }
}

/// Optional ability: a store whose items can be read in several segments at the same time.
///
/// The segments of one count share no item and hold all of them. A position belongs to its segment
/// and its count.
package protocol TableSegmentScanning: TableStore {
  /// At most `limit` items of a segment after `position`; nil is the whole table.
  func page(
    of segment: TableSegment?, after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item>
}

/// One of so many parts of a table.
package struct TableSegment: Hashable, Sendable, Codable {
  package var index: Int
  package var count: Int

  package init(index: Int, count: Int) {
    precondition((0..<count).contains(index), "a segment is one of its count")
    self.index = index
    self.count = count
  }
}

/// Optional ability: a store that copies from a neighbour without carrying items through here.
package protocol TableServerSideCopying: TableStore {
  /// Whether `source` is near enough; false means copy through the contract.
  func canCopy(from source: any TableStore) async throws(Failure) -> Bool
  /// Copies up to `limit` items after `position`; what it reports as copied is durable.
  func copyPage(
    from source: any TableStore, after position: PagePosition?, limit: Int
  ) async throws(Failure) -> TableCopyOutcome
}

package struct TableCopyOutcome: Sendable, Equatable {
  /// How many items of the source the page held, those that were there already included.
  package var copied: Int
  package var next: PagePosition?

  package init(copied: Int, next: PagePosition?) {
    self.copied = copied
    self.next = next
  }
}
