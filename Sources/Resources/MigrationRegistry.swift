/// Where it is recorded which migrations an environment has had.
///
/// Laws: what `add` and `remove` report as done is durable. `add` never replaces another record:
/// an equal one that is there is success, so that it can be repeated after a crash; a different one
/// is refused. `remove` takes exactly the record that it was given; one that was changed since is
/// refused. `records` sees everything that was written before it was called, in order.
package protocol MigrationRegistry: Sendable {
  /// What it is called in messages and in the journal: `journal`, or the URL of a table.
  var place: String { get }
  func records(of environment: String) async throws(Failure) -> [MigrationRecord]
  func add(_ record: MigrationRecord) async throws(Failure)
  func remove(_ record: MigrationRecord, because removal: MigrationRemoval) async throws(Failure)
}

/// Why and by whom a record is taken out.
package struct MigrationRemoval: Hashable, Sendable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// What the migration did was taken back.
    case undone
    /// A person says that it does not count.
    case unmarked
  }

  package var kind: Kind
  package var at: Timestamp
  package var by: String
  package var reason: String
  /// The rollout that took it back.
  package var rollout: String?

  package init(
    kind: Kind, at: Timestamp, by: String, reason: String, rollout: String? = nil
  ) {
    self.kind = kind
    self.at = at
    self.by = by
    self.reason = reason
    self.rollout = rollout
  }
}

extension MigrationRegistry {
  /// Takes a person's word that a migration has been applied, or that it has not.
  package func mark(
    _ record: MigrationRecord, removing removal: MigrationRemoval?
  ) async throws(Failure) {
    if let removal {
      try await remove(record, because: removal)
    } else {
      try await add(record)
    }
  }
}
