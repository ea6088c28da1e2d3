/// Turns items of a source table into writes to named tables, or leaves them out with a reason.
///
/// Equal items must give equal answers, whatever else stands in the batch: a batch is repeated
/// after a crash, and may then be cut in another place.
package protocol TableTransform: Sendable {
  /// What becomes of each item, in the order of the items; one bad item does not spoil the others.
  func apply(_ items: [Item]) async throws(Failure) -> [MigrationOutcome]
  /// Lets go of whatever it has started; it is asked no more.
  func close() async throws(Failure)
}

extension TableTransform {
  package func close() async throws(Failure) {}
}

/// What a transform makes of one source item; never nothing at all.
package enum MigrationOutcome: Sendable, Hashable {
  case writes([TargetWrite])
  /// Left out on purpose; the ledger counts the reason.
  case skip(String)
  /// The transform cannot say; the text says why.
  case failed(String)
}

/// One write of a transform to one of its targets.
package struct TargetWrite: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// The whole item that its key shall hold.
    case put(Item)
    /// The key of an item that is there, and the attributes that it shall have besides its others.
    case update(Item)
    /// The item with this key shall be gone; other attributes are passed over.
    case delete(Item)
  }

  /// The name that the playbook gives the table.
  package var target: String
  package var kind: Kind

  package init(_ target: String, _ kind: Kind) {
    self.target = target
    self.kind = kind
  }
}
