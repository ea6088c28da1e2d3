import Digests
import JSON
import Resources
import Rollouts

/// Finds out what a transform's answers mean for each key of each target.
///
/// What it says follows from the source, the transform and what the targets held before the
/// migration; what the migration itself has written meanwhile is known from the archive.
struct MigrationResolver: Sendable {
  let source: any TableStore
  let targets: [MigrationTable]
  let archive: MigrationArchive
  /// Nil where nothing is written, so that nothing can be wanted twice at once.
  let claims: MigrationClaims?
  /// The segment whose items these are.
  let segment: Int

  /// Why an item that lost its key to an earlier one is left out.
  static let lostReason = "an earlier item has its key"

  /// One write on its way to being resolved.
  private struct Wish {
    var entry: Int
    var target: Int
    var key: ItemKey
    var kind: TargetWrite.Kind
    /// What the key holds, as far as it is known.
    var former: Item?
    /// Whether the key is that of the source item itself.
    var isOfItsSource = false
    /// Whether what it held is known from an earlier round.
    var isKnown = false

    var place: MigrationConflict { MigrationConflict(target: target, key: key) }
  }

  /// Entries for items and their outcomes, in order.
  ///
  /// `written` is what these items have written already in an earlier round, with what each key
  /// held before; nil in the first.
  func resolve(
    _ items: [Item], _ outcomes: [MigrationOutcome],
    written: [MigrationConflict: Item?]? = nil
  ) async throws(Failure) -> [MigrationEntry] {
    var entries: [MigrationEntry] = []
    var wishes: [Wish] = []
    for (item, outcome) in zip(items, outcomes) {
      switch outcome {
      case .skip(let reason): entries.append(.init(source: item, outcome: .skip(reason)))
      case .failed(let reason): entries.append(.init(source: item, outcome: .rejected(reason)))
      case .writes(let writes):
        entries.append(.init(source: item, outcome: .writes([])))
        for write in writes {
          do throws(Failure) {
            wishes.append(try await wish(write, entry: entries.count - 1))
          } catch {
            entries[entries.count - 1].outcome = .rejected(error.summary)
          }
        }
      }
    }
    wishes.removeAll { wish in
      if case .rejected = entries[wish.entry].outcome { true } else { false }
    }
    let keys = Set(wishes.map(\.place))
    if written == nil {
      try await claims?.take(keys, for: segment)
    } else {
      try await claims?.takeMore(keys, for: segment)
    }
    for place in wishes.indices {
      guard let former = written?[wishes[place].place] else { continue }
      wishes[place].former = former
      wishes[place].isKnown = true
    }
    try await fillFormers(&wishes, entries)
    return try await judge(wishes, entries)
  }

  private func wish(_ write: TargetWrite, entry: Int) async throws(Failure) -> Wish {
    guard let index = targets.firstIndex(where: { $0.name.utf8.elementsEqual(write.target.utf8) })
    else {
      throw .permanent("there is no target '\(write.target)'", hint: "Report this bug.")
    }
    let item =
      switch write.kind {
      case .put(let item), .update(let item), .delete(let item): item
      }
    return Wish(
      entry: entry, target: index, key: try await targets[index].store.key(of: item),
      kind: write.kind)
  }

  /// What each key holds: the source item itself, or what the target is asked for.
  private func fillFormers(
    _ wishes: inout [Wish], _ entries: [MigrationEntry]
  ) async throws(Failure) {
    for (index, table) in targets.enumerated() where !table.isFresh {
      var unknown: [Int] = []
      for place in wishes.indices
      where wishes[place].target == index && !wishes[place].isKnown {
        let item = entries[wishes[place].entry].source
        if table.isSource, try await table.store.key(of: item) == wishes[place].key {
          wishes[place].former = item
          wishes[place].isOfItsSource = true
        } else {
          unknown.append(place)
        }
      }
      var keys: [ItemKey] = []
      var seen: Set<ItemKey> = []
      for place in unknown where seen.insert(wishes[place].key).inserted {
        keys.append(wishes[place].key)
      }
      guard !keys.isEmpty else { continue }
      let found = try await table.store.items(for: keys)
      let byKey = Dictionary(uniqueKeysWithValues: zip(keys, found))
      for place in unknown { wishes[place].former = byKey[wishes[place].key] ?? nil }
    }
  }

  /// One write after the other, so that two items that want one key are found.
  private func judge(
    _ wishes: [Wish], _ entries: [MigrationEntry]
  ) async throws(Failure) -> [MigrationEntry] {
    var entries = entries
    var claims: [MigrationConflict: [UInt8]?] = [:]
    let recorded = try await recorded(wishes)
    for (place, wish) in wishes.enumerated() {
      guard case .writes(var writes) = entries[wish.entry].outcome else { continue }
      let table = targets[wish.target]
      let claim = wish.place
      do throws(Failure) {
        // What an earlier page has written is not the target's own.
        let isRepeat = recorded[place] != nil && !wish.isKnown
        let write = try judge(wish, of: isRepeat ? .overwrite : table.existing, table)
        let new = try write.new?.canonical(of: table.store.url)
        if let other = claims[claim] {
          // The same said twice is said once.
          guard other == new else {
            entries[wish.entry].outcome = try Self.lost(wish.key, table)
            Self.free(writes, in: &claims)
            continue
          }
          writes.append(
            MigrationWrite(
              target: wish.target, key: wish.key, former: write.former, new: write.new,
              kind: .alike))
        } else if let change = recorded[place], write.kind == .change, isRepeat {
          let former = try write.former?.canonical(of: table.store.url)
          guard change.new == new.map({ Digest.sha256($0) }),
            former.map({ Digest.sha256($0) }) == change.new || table.isFresh
          else {
            entries[wish.entry].outcome = try Self.lost(wish.key, table)
            Self.free(writes, in: &claims)
            continue
          }
          writes.append(
            MigrationWrite(
              target: wish.target, key: wish.key, former: write.former, new: write.new,
              kind: .alike))
        } else {
          writes.append(write)
        }
        claims[claim] = .some(new)
        entries[wish.entry].outcome = .writes(writes)
      } catch {
        Self.free(writes, in: &claims)
        entries[wish.entry].outcome = .rejected(error.summary)
      }
    }
    return entries
  }

  /// What an item has claimed that is left out after all is free for those that come after it.
  private static func free(
    _ writes: [MigrationWrite], in claims: inout [MigrationConflict: [UInt8]?]
  ) {
    for write in writes where write.kind == .change { claims[write.place] = nil }
  }

  /// What becomes of an item whose key an earlier one has taken.
  private static func lost(
    _ key: ItemKey, _ table: MigrationTable
  ) throws(Failure) -> MigrationEntry.Outcome {
    switch table.collisions {
    case .first: .skip(lostReason)
    case .refuse:
      throw .refused(
        "another item gives \(table.name) something else under the key \(key.text)",
        hint: "Give each item a key of its own, or say 'collisions: \"first\"'.")
    }
  }

  private func recorded(
    _ wishes: [Wish]
  ) async throws(Failure) -> [Int: MigrationArchive.Change] {
    var found: [Int: MigrationArchive.Change] = [:]
    for index in targets.indices {
      let places = wishes.indices.filter { wishes[$0].target == index }
      let changes = try await archive.changes(places.map { wishes[$0].key }, of: index)
      for (place, change) in zip(places, changes) { found[place] = change }
    }
    return found
  }

  private func judge(
    _ wish: Wish, of existing: ExistingPolicy, _ table: MigrationTable
  ) throws(Failure) -> MigrationWrite {
    var write = MigrationWrite(
      target: wish.target, key: wish.key, former: wish.former, new: nil, kind: .change)
    let url = table.store.url
    switch wish.kind {
    case .delete:
      if wish.former == nil { write.kind = .alike }
    case .update(let patch):
      guard let former = wish.former else {
        throw .refused(
          "\(table.name) has no item \(wish.key.text) that could be updated",
          hint: "Yield 'put' to make one.")
      }
      write.new = try Self.merged(former, patch, url)
    case .put(let item):
      write.new = item
    }
    if let new = write.new, let defect = table.store.defect(of: new) {
      throw .refused(
        "the item \(wish.key.text) for \(table.name) cannot be written: \(defect)",
        hint: "Give less, or leave it out.")
    }
    guard let former = wish.former, let new = write.new else { return write }
    if try former.canonical(of: url) == new.canonical(of: url) {
      write.kind = .alike
      return write
    }
    guard case .put = wish.kind, !wish.isOfItsSource else { return write }
    switch existing {
    case .overwrite: break
    case .keep: write.kind = .kept
    case .refuse:
      throw .refused(
        "\(table.name) holds another item under the key \(wish.key.text)",
        hint: "Say 'existing: \"keep\"' or 'existing: \"overwrite\"'.")
    }
    return write
  }

  private static func merged(
    _ former: Item, _ patch: Item, _ url: ResourceURL
  ) throws(Failure) -> Item {
    do {
      var whole = try JSONValue(reading: former.bytes)
      for member in try JSONValue(reading: patch.bytes).members ?? [] {
        whole[member.name] = member.value
      }
      let bytes = try ItemForm.canonical(whole.compact(sortedKeys: true))
      return Item(bytes: bytes, isCanonical: true)
    } catch {
      throw .permanent(
        "an item of \(url) cannot be read: \(error)",
        hint: "Look at the item \(String(decoding: former.bytes.prefix(200), as: UTF8.self))")
    }
  }
}
