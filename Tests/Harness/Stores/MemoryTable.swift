import JSON
package import Resources
import Synchronization

/// A table in memory with the laws of ``TableStore`` and faults on demand.
package final class MemoryTable: TableStore {
  /// In which order pages go through the items.
  package enum Order: Sendable {
    case byKey
    case byKeyBackwards
  }

  private struct State {
    var description: TableDescription?
    var items: [ItemKey: Item] = [:]
    var unprocessedOfEach = 0
    var acceptsNothing = false
    var writes = 0
    var beforeWrite: (number: Int, deed: @Sendable () -> Void)?
    var writeCalls = 0
  }

  package let url: ResourceURL
  package let faults: Faults
  private let order: Order
  private let state: Mutex<State>

  package init(
    _ url: ResourceURL, keys: [String]? = ["id"], order: Order = .byKey, faults: Faults = Faults()
  ) {
    self.url = url
    self.faults = faults
    self.order = order
    state = Mutex(State(description: keys.map { Self.described($0) }))
  }

  package static func described(_ keys: [String]) -> TableDescription {
    TableDescription(keys: keys.map { .init(name: $0, type: "S", isRequired: true) })
  }

  // MARK: For tests

  package var contents: [ItemKey: Item] { state.withLock { $0.items } }
  package var exists: Bool { state.withLock { $0.description != nil } }
  /// Items that were written, repeats included.
  package var writeCount: Int { state.withLock { $0.writes } }

  /// Puts items there without a fault, as somebody else would.
  package func fill(_ items: [Item]) throws {
    for item in items {
      let key = try key(of: item)
      state.withLock { $0.items[key] = item }
    }
  }

  /// What the table says about itself from now on.
  package func describe(_ description: TableDescription) {
    state.withLock { $0.description = description }
  }

  package func drop(_ key: ItemKey) { state.withLock { $0.items[key] = nil } }

  /// Of every write of more than one item, this many are given back.
  package func giveBack(_ count: Int) { state.withLock { $0.unprocessedOfEach = count } }

  package func acceptNothing(_ flag: Bool) { state.withLock { $0.acceptsNothing = flag } }

  /// Does something right before the n-th call of `write` from now on, as somebody else would.
  package func beforeWrite(_ number: Int, _ deed: @escaping @Sendable () -> Void) {
    state.withLock {
      $0.writeCalls = 0
      $0.beforeWrite = (number, deed)
    }
  }

  // MARK: TableStore

  package func description() async throws(Failure) -> TableDescription? {
    try faults.call("description of \(url)") {
      state.withLock { state in
        var description = state.description
        description?.itemCount = state.items.count
        return description
      }
    }
  }

  package func key(of item: Item) throws(Failure) -> ItemKey {
    let names = state.withLock { $0.description?.keys.map(\.name) ?? ["id"] }
    let tree: JSONValue
    do throws(JSONError) {
      tree = try JSONValue(reading: item.bytes)
    } catch {
      throw .permanent("\(url): not an item: \(error)", hint: "")
    }
    var members: [JSONValue.Member] = []
    for name in names.sorted(by: { $0.precedesInBytes($1) }) {
      guard let value = tree[name] else {
        throw .permanent("\(url): the item has no \(name)", hint: "")
      }
      members.append(.init(name, value))
    }
    return ItemKey(bytes: JSONValue.object(members).compact())
  }

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    try faults.call("page of \(url)") { () throws(Failure) in
      try state.withLock { state throws(Failure) in
        guard state.description != nil else { throw missing }
        let after = position.map { ItemKey(bytes: Array($0.text.utf8)) }
        var keys = state.items.keys.sorted { order == .byKey ? $0 < $1 : $1 < $0 }
        if let after { keys = keys.filter { order == .byKey ? after < $0 : $0 < after } }
        let taken = keys.prefix(limit)
        let next = taken.count < keys.count ? taken.last.map { PagePosition($0.text) } : nil
        return Page(taken.compactMap { state.items[$0] }, next: next)
      }
    }
  }

  package func items(for keys: [ItemKey]) async throws(Failure) -> [Item?] {
    try faults.call("items of \(url)") {
      state.withLock { state in keys.map { state.items[$0] } }
    }
  }

  package func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome {
    let deed = state.withLock { state -> (@Sendable () -> Void)? in
      state.writeCalls += 1
      return state.beforeWrite?.number == state.writeCalls ? state.beforeWrite?.deed : nil
    }
    deed?()
    return try faults.call("write to \(url)") { () throws(Failure) in
      guard exists else { throw missing }
      var outcome = WriteOutcome()
      let (isDeaf, held) = state.withLock { ($0.acceptsNothing, $0.unprocessedOfEach) }
      if isDeaf { return WriteOutcome(unprocessed: changes) }
      let taken = max(1, changes.count - held)
      outcome.unprocessed = Array(changes.dropFirst(taken))
      for change in changes.prefix(taken) {
        let key: ItemKey
        switch change {
        case .put(let item), .insert(let item), .replace(let item, _), .remove(let item):
          key = try self.key(of: item)
        case .delete(let gone): key = gone
        }
        state.withLock { state in
          state.writes += 1
          switch change {
          case .put(let item): state.items[key] = item
          case .delete: state.items[key] = nil
          case .replace(let former, let item):
            let there = Self.meaning(state.items[key])
            if there == Self.meaning(former) {
              state.items[key] = item
            } else if there != Self.meaning(item) {
              outcome.conflicts.append(key)
            }
          case .remove(let former):
            let there = Self.meaning(state.items[key])
            if there == Self.meaning(former) {
              state.items[key] = nil
            } else if there != nil {
              outcome.conflicts.append(key)
            }
          case .insert(let item):
            if let other = state.items[key], other != item {
              outcome.conflicts.append(key)
            } else {
              state.items[key] = item
            }
          }
        }
      }
      return outcome
    }
  }

  private static func meaning(_ item: Item?) -> [UInt8]? {
    item.map { (try? ItemForm.canonical($0.bytes)) ?? $0.bytes }
  }

  package func create(like description: TableDescription) async throws(Failure) {
    try faults.call("create \(url)") {
      state.withLock { $0.description = $0.description ?? description }
    }
  }

  package func clear() async throws(Failure) {
    try faults.call("clear \(url)") { state.withLock { $0.items = [:] } }
  }

  package func delete() async throws(Failure) {
    try faults.call("delete \(url)") {
      state.withLock {
        $0.items = [:]
        $0.description = nil
      }
    }
  }

  private var missing: Failure { .permanent("\(url) does not exist", hint: "Make it first.") }
}
