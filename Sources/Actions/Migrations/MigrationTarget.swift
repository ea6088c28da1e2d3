package import Resources
import Rollouts

/// A table that a migration writes to, as a playbook says it.
package struct MigrationTarget: Decodable, Sendable, Hashable {
  package var name: String
  package var table: ResourceURL
  package var existing: ExistingPolicy?
  package var collisions: CollisionPolicy?

  static let inputs: [InputField] = [
    .required("name", .string, "The name that rows of the statement give it."),
    .required(
      "table", .resource(.table), "The table; the source's own for changes in place.",
      uses: [.look, .read, .write]),
    .optional(
      "existing", .choice(ExistingPolicy.allCases.map(\.rawValue)),
      "What becomes of an item whose key holds another one already: it is rejected (refuse), the "
        + "target's is kept, or it is overwritten.", default: ExistingPolicy.refuse.rawValue),
    .optional(
      "collisions", .choice(CollisionPolicy.allCases.map(\.rawValue)),
      "What becomes of a source item whose key an earlier one has given something else: it is "
        + "rejected (refuse), or left out whole and kept in the step's file (first).",
      default: CollisionPolicy.refuse.rawValue),
  ]
}

/// Which of several source items that lead to one key wins.
package enum CollisionPolicy: String, Codable, Sendable, CaseIterable {
  /// None: the later ones are rejected.
  case refuse
  /// The first in the order in which the source is read, which is then read in one segment.
  case first
}
