import Resources

/// One source item of a page and what is to become of it.
struct MigrationEntry: Sendable, Hashable {
  enum Outcome: Sendable, Hashable {
    case writes([MigrationWrite])
    case skip(String)
    /// It cannot be migrated; the text says why.
    case rejected(String)
  }

  var source: Item
  var outcome: Outcome

  var writes: [MigrationWrite] {
    if case .writes(let writes) = outcome { writes } else { [] }
  }
}

/// What one key of one target shall hold, beside what it held.
struct MigrationWrite: Sendable, Hashable {
  enum Kind: UInt8, Sendable {
    case change
    /// The key holds it already.
    case alike
    /// The target's own item stays, as the playbook says.
    case kept
  }

  /// The number of the target.
  var target: Int
  var key: ItemKey
  /// Nil where the key was free.
  var former: Item?
  /// Nil where the item goes.
  var new: Item?
  var kind: Kind

  var place: MigrationConflict { MigrationConflict(target: target, key: key) }

  /// The change to send to the store; nil when there is nothing to do.
  func change(isGuarded: Bool) -> ItemChange? {
    guard kind == .change else { return nil }
    switch (former, new) {
    case (nil, nil): return nil
    case (nil, let new?): return isGuarded ? .insert(new) : .put(new)
    case (let former?, nil): return isGuarded ? .remove(former: former) : .delete(key)
    case (let former?, let new?):
      return isGuarded ? .replace(former: former, with: new) : .put(new)
    }
  }
}
