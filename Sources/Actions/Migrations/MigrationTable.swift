import Resources
import Rollouts

/// One target of a migration while it runs.
struct MigrationTable: Sendable {
  let name: String
  let store: any TableStore
  let existing: ExistingPolicy
  var collisions = CollisionPolicy.refuse
  /// Whether it is the source too, so that items change in place.
  let isSource: Bool
  /// Whether it held nothing when the migration began and nobody else writes to it.
  var isFresh: Bool
  let governor: WriteGovernor
}
