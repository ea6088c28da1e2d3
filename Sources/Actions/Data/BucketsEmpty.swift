package import Resources
package import Rollouts

/// Deletes everything that a bucket holds, former versions and delete markers too.
package struct BucketsEmpty: Action {
  package static let name = "buckets.empty"
  package static let summary = "Delete all objects of a bucket, with all their versions."
  package static let reversal = Reversal.compensating(
    "the backup is put back; former versions are gone")
  package static let inputs = BucketDemolition.inputs

  package typealias Input = BucketDemolition.Input
  package typealias Plan = BucketDemolition.Plan
  package typealias Checkpoint = NoCheckpoint

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    BucketDemolition.rights(input, removes: false)
  }

  private let demolition: BucketDemolition

  package init(_ input: Input, in site: Site) throws(Failure) {
    demolition = try BucketDemolition(input, in: site, removes: false)
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
