/// That a migration was applied to an environment, or is to count as if it had been.
package struct MigrationRecord: Hashable, Sendable {
  package enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// A rollout of it completed, with every step verified or left out by a person.
    case applied
    /// A person says so.
    case marked
  }

  package var environment: String
  package var order: MigrationOrder
  package var name: String
  /// SHA-256 of the file's bytes, in hexadecimal; nil in what another tool wrote.
  package var digest: String?
  package var at: Timestamp
  /// Who applied or marked it; empty in what another tool wrote.
  package var by: String
  package var rollout: String?
  package var outcome: Outcome
  package var reason: String
  /// Whether the registry tells migrations apart by order alone, so that the name is but a label.
  package var isNamedLoosely = false

  package init(
    environment: String, order: MigrationOrder, name: String, digest: String?, at: Timestamp,
    by: String, rollout: String? = nil, outcome: Outcome, reason: String = ""
  ) {
    self.environment = environment
    self.order = order
    self.name = name
    self.digest = digest
    self.at = at
    self.by = by
    self.rollout = rollout
    self.outcome = outcome
    self.reason = reason
  }

  package var title: String { "\(order)_\(name)" }

  /// Whether this is the record of the migration with this order and name.
  package func isOf(_ order: MigrationOrder, _ name: String) -> Bool {
    self.order == order && self.name.utf8.elementsEqual(name.utf8)
  }
}
