package import Resources
import Rollouts

/// A table that a migration writes to, as a playbook says it.
package struct MigrationTarget: Decodable, Sendable, Hashable {
  package var name: String
  package var table: ResourceURL
  package var existing: ExistingPolicy?

  static let inputs: [InputField] = [
    .required("name", .string, "The name that rows of the statement give it."),
    .required(
      "table", .resource(.table), "The table; the source's own for changes in place.",
      uses: [.look, .read, .write]),
    .optional(
      "existing", .choice(ExistingPolicy.allCases.map(\.rawValue)),
      "What becomes of an item whose key holds another one already: it is rejected (refuse), the "
        + "target's is kept, or it is overwritten.", default: ExistingPolicy.refuse.rawValue),
  ]
}
