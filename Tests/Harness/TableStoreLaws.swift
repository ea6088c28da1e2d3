import JSON
package import Resources

/// The laws of `TableStore`, for any provider.
package struct TableStoreLaws: Sendable {
  /// A table to try them on, which must not exist when the laws begin.
  package let url: String
  package let description: TableDescription
  /// The item with this number in one of its two versions.
  package let item: @Sendable (_ number: Int, _ version: Int) -> String
  /// Opens the store anew, as another process would.
  package let open: @Sendable () throws -> any TableStore

  package init(
    url: String, description: TableDescription,
    item: @escaping @Sendable (_ number: Int, _ version: Int) -> String,
    open: @escaping @Sendable () throws -> any TableStore
  ) {
    self.url = url
    self.description = description
    self.item = item
    self.open = open
  }

  /// Checks every law, one after the other, and leaves no table behind.
  package func check() async throws {
    try await absenceIsTold()
    try await creationIsRepeatable()
    try await writingIsRepeatableAndDurable()
    try await insertingNeverChanges()
    try await guardingChangesOnlyWhatIsKnown()
    try await everyItemComesOnce()
    try await positionsOutliveProcessesAndChanges()
    try await keysFindItems()
    try await deletingIsRepeatable()
    try await clearingKeepsTheTable()
    try await removalIsRepeatable()
  }

  private func put(_ number: Int, _ version: Int = 0) -> Item {
    let bytes = Array(item(number, version).utf8)
    return Item(bytes: bytes, isCanonical: ItemForm.isCanonical(bytes))
  }

  private func all(_ store: any TableStore, limit: Int) async throws -> [[UInt8]] {
    var found: [[UInt8]] = []
    var position: PagePosition?
    repeat {
      let page = try await store.page(after: position, limit: limit)
      try hold("a page holds no more than was asked for", page.elements.count <= limit)
      found += try page.elements.map(canonical)
      position = page.next
    } while position != nil
    return found
  }

  /// Stores may give an item back in another order of names or with other escapes.
  private func canonical(_ item: Item) throws -> [UInt8] {
    let form = try ItemForm.canonical(item.bytes)
    try hold(
      "an item that says it is canonical is so", !item.isCanonical || form == item.bytes, item)
    return form
  }

  private func sorted(_ items: [Item]) throws -> [[UInt8]] {
    try items.map(canonical).sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func expect(_ items: [Item], _ law: String) async throws {
    let found = try await all(try open(), limit: 7).sorted { $0.lexicographicallyPrecedes($1) }
    try hold(law, try found == sorted(items), found.map { String(decoding: $0, as: UTF8.self) })
  }

  private func absenceIsTold() async throws {
    try hold("a table that is not there has no description", try await open().description() == nil)
    try await open().delete()
  }

  private func creationIsRepeatable() async throws {
    let store = try open()
    try await store.create(like: description)
    try await store.create(like: description)
    let made = try await open().description()
    try hold(
      "a table has the key it was created with",
      made?.keys.map(\.name) == description.keys.map(\.name), made as Any)
    try hold("a new table is empty", try await all(store, limit: 10).isEmpty)
    var other = description
    other.keys[0].name += "2"
    other.definition = nil
    do {
      try await store.create(like: other)
      throw BrokenLaw("a table with another key is refused")
    } catch let failure as Failure {
      try hold("a refusal names the table", failure.summary.contains(url), failure)
    }
  }

  private func writingIsRepeatableAndDurable() async throws {
    let items = (0..<40).map { put($0) }
    let store = try open()
    for _ in 0..<2 {
      let outcome = try await store.write(items.map { .put($0) })
      try hold("what is written is taken", outcome == WriteOutcome(), outcome)
    }
    try await expect(items, "what was written is there, once, for any reader")
    let changed = (0..<40).map { put($0, $0 < 5 ? 1 : 0) }
    _ = try await store.write(changed.prefix(5).map { .put($0) })
    try await expect(changed, "a put replaces the item of its key and no other")
    _ = try await store.write(items.map { .put($0) })
    let count = try await open().description()?.itemCount
    try hold("a count that is told is right", count == nil || count == 40, count as Any)
  }

  private func insertingNeverChanges() async throws {
    let store = try open()
    let outcome = try await store.write([
      .insert(put(0)), .insert(put(1, 1)), .insert(put(40)), .insert(put(40)),
    ])
    try hold("an insert of something else gives its key back", outcome.conflicts.count == 1)
    let key = try await store.key(of: put(1))
    try hold("the conflict is the key", outcome.conflicts.first == key, outcome)
    try await expect((0..<41).map { put($0) }, "an insert changes nothing that is there")
  }

  private func guardingChangesOnlyWhatIsKnown() async throws {
    let store = try open()
    // Written otherwise, it is still the same item.
    let known = Item(bytes: [0x20] + put(0).bytes, isCanonical: false)
    for _ in 0..<2 {
      let outcome = try await store.write([
        .replace(former: known, with: put(0, 1)), .remove(former: put(40)),
      ])
      try hold(
        "what is as it was known is replaced and removed", outcome == WriteOutcome(), outcome)
    }
    let changed = [put(0, 1)] + (1..<40).map { put($0) }
    try await expect(changed, "a guarded change is made once, and nothing beside it")
    var keys: [ItemKey] = []
    for number in [1, 77, 2] { keys.append(try await store.key(of: put(number))) }
    let outcome = try await store.write([
      .replace(former: put(1, 1), with: put(1, 1)), .replace(former: put(77), with: put(77, 1)),
      .remove(former: put(2, 1)), .remove(former: put(78)),
    ])
    try hold(
      "what differs from what was known comes back in part",
      outcome.unprocessed.isEmpty && Set(outcome.conflicts) == Set(keys), outcome)
    try await expect(changed, "a conflict changes nothing")
    let restored = try await store.write([
      .replace(former: put(0, 1), with: put(0)), .replace(former: put(1, 1), with: put(1)),
      .put(put(40)),
    ])
    try hold("that the new item is there already is success", restored == WriteOutcome(), restored)
    try await expect((0..<41).map { put($0) }, "a replacement can be taken back by another")
  }

  private func everyItemComesOnce() async throws {
    let expected = try sorted((0..<41).map { put($0) })
    let order = try await all(try open(), limit: 1000)
    for limit in [1, 2, 3, 40, 41, 42] {
      let found = try await all(try open(), limit: limit)
      try hold("pages of \(limit) come in the same order as the whole", found == order)
      try hold(
        "pages of \(limit) hold every item once",
        found.sorted { $0.lexicographicallyPrecedes($1) } == expected)
    }
  }

  private func positionsOutliveProcessesAndChanges() async throws {
    let first = try await open().page(after: nil, limit: 10)
    guard let position = first.next else { throw BrokenLaw("a page of 41 items has a next one") }
    let kept = PagePosition(position.text)
    // The item at the position goes away, and others come.
    let store = try open()
    let last = first.elements[first.elements.count - 1]
    _ = try await store.write([
      .delete(try await store.key(of: last)), .put(put(41)), .put(put(42)),
    ])
    let seen = Set(try first.elements.map(canonical))
    var rest: [[UInt8]] = []
    var next: PagePosition? = kept
    while let position = next {
      let page = try await open().page(after: position, limit: 6)
      rest += try page.elements.map(canonical)
      next = page.next
    }
    try hold("nothing before the position comes again", seen.isDisjoint(with: rest))
    try hold("nothing comes twice", Set(rest).count == rest.count)
    let original = Set(try (0..<41).map { try canonical(put($0)) })
    try hold(
      "everything that stayed is seen from the old position on",
      original.subtracting(seen).isSubset(of: rest))
    _ = try await store.write([
      .put(last), .delete(try await store.key(of: put(41))),
      .delete(try await store.key(of: put(42))),
    ])
  }

  private func keysFindItems() async throws {
    let store = try open()
    var keys: [ItemKey] = []
    for number in [3, 77, 0] { keys.append(try await store.key(of: put(number))) }
    let again = try await store.key(of: put(3, 1))
    try hold("keys of the same item are the same", keys[0] == again)
    let found = try await store.items(for: keys)
    try hold(
      "items come in the order of the keys, nil for none",
      try found.map { try $0.map(canonical) } == [canonical(put(3)), nil, canonical(put(0))])
  }

  private func deletingIsRepeatable() async throws {
    let store = try open()
    let key = try await store.key(of: put(40))
    for _ in 0..<2 {
      try hold("a delete is taken", try await store.write([.delete(key)]) == WriteOutcome())
    }
    try await expect((0..<40).map { put($0) }, "a delete removes the item of its key and no other")
  }

  private func clearingKeepsTheTable() async throws {
    let store = try open()
    try await store.clear()
    try await store.clear()
    try await expect([], "a cleared table is empty")
    let left = try await open().description()
    try hold(
      "a cleared table is still there", left?.keys.map(\.name) == description.keys.map(\.name))
    _ = try await store.write([.put(put(1))])
    try await expect([put(1)], "a cleared table can be written")
  }

  private func removalIsRepeatable() async throws {
    let store = try open()
    try await store.delete()
    try await store.delete()
    try hold("a deleted table is gone", try await open().description() == nil)
  }
}
