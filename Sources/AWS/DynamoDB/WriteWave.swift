import Resources

/// Changes of different keys, which may be sent side by side in any order.
struct WriteWave: Sendable {
  /// What goes into one `BatchWriteItem`.
  struct Batch: Sendable {
    var changes: [(key: ItemKey, change: ItemChange)] = []
    var byteCount = 0
  }

  private(set) var batches: [Batch] = []
  /// Each a conditional write of its own.
  private(set) var conditions: [(key: ItemKey, change: ItemChange)] = []
  private var keys: Set<ItemKey> = []

  /// Source: "BatchWriteItem" in the API reference.
  static let requestsMax = 25
  /// Of the 16 MB of a request some are left for names and brackets.
  static let bytesMax = 15 << 20

  var changes: [ItemChange] {
    batches.flatMap { $0.changes.map(\.change) } + conditions.map(\.change)
  }

  /// False if the key is in the wave already: a batch takes each key once, and order matters.
  mutating func add(_ change: ItemChange, _ key: ItemKey) -> Bool {
    guard keys.insert(key).inserted else { return false }
    let size: Int
    switch change {
    case .put(let item): size = item.bytes.count
    case .delete(let key): size = key.bytes.count
    case .insert, .replace, .remove:
      conditions.append((key, change))
      return true
    }
    let isFull =
      batches.last.map {
        $0.changes.count == Self.requestsMax || $0.byteCount + size > Self.bytesMax
      } ?? true
    if isFull { batches.append(Batch()) }
    batches[batches.count - 1].changes.append((key, change))
    batches[batches.count - 1].byteCount += size
    return true
  }

  /// The changes as waves in their order.
  static func waves(
    _ changes: [ItemChange], _ schema: KeySchema, _ url: ResourceURL
  ) throws(Failure) -> [WriteWave] {
    var waves = [WriteWave()]
    for change in changes {
      let key: ItemKey
      switch change {
      case .put(let item), .insert(let item), .remove(let item):
        key = try schema.key(of: item, in: url)
      case .replace(let former, let item):
        key = try schema.key(of: item, in: url)
        guard try schema.key(of: former, in: url) == key else {
          throw .permanent(
            "\(url): the item \(key.text) would take the place of one with another key",
            hint: "Report this bug.")
        }
      case .delete(let gone): key = gone
      }
      if waves[waves.count - 1].add(change, key) { continue }
      var next = WriteWave()
      _ = next.add(change, key)
      waves.append(next)
    }
    return waves
  }
}
