package import Digests
package import Resources

/// What `tables.migrate` found before it changed anything.
package struct MigrationPlan: Codable, Sendable {
  /// Nil only in a preview in which an earlier step makes the table.
  package var source: TableDescription?
  package var segments = 1
  /// What `moment()` gives, the same in every batch.
  package var moment: Timestamp
}

/// How far `tables.migrate` has come; everything that it counts is durable at the targets.
package struct MigrationCheckpoint: Codable, Sendable {
  package struct Segment: Codable, Sendable {
    package var position: PagePosition?
    package var isDone = false
    package var tally: MigrationTally
  }

  package var segments: [Segment]
  /// What each target held when the migration began; nil for the source, which says it itself.
  package var baselines: [DigestSum?]
  /// Whether the baselines were taken.
  package var hasBegun = false

  init(segments: Int, targets: Int) {
    self.segments = Array(
      repeating: Segment(tally: MigrationTally(targets: targets)), count: segments)
    baselines = Array(repeating: nil, count: targets)
  }

  /// The account of all segments.
  var tally: MigrationTally {
    segments.reduce(into: MigrationTally(targets: baselines.count)) { $0 += $1.tally }
  }
}
