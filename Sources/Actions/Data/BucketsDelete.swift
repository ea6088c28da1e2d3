package import Resources
package import Rollouts

/// Empties a bucket and deletes it; undo makes it again with its settings and its saved content.
package struct BucketsDelete: Action {
  package static let name = "buckets.delete"
  package static let summary = "Empty a bucket and delete it, so that its name is free."
  package static let reversal = Reversal.compensating(
    "the bucket is made again with its settings and the backup; former versions are gone")
  package static let inputs = BucketDemolition.inputs

  package typealias Input = BucketDemolition.Input
  package typealias Plan = BucketDemolition.Plan
  package typealias Checkpoint = NoCheckpoint

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    BucketDemolition.rights(input, removes: true)
  }

  private let demolition: BucketDemolition

  package init(_ input: Input, in site: Site) throws(Failure) {
    demolition = try BucketDemolition(input, in: site, removes: true)
  }

  package func plan() async throws(Failure) -> Planned<Plan> { try await demolition.plan() }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try await demolition.apply(plan, progress)
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    Verification(try await demolition.verdict())
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    try await demolition.undo(plan, pace)
  }
}
