package import Resources
package import Rollouts

/// How far the demolition of a bucket goes, and what a playbook calls that.
package protocol DemolitionExtent: Sendable {
  static var name: String { get }
  static var summary: String { get }
  static var reversal: Reversal { get }
  static var removesBucket: Bool { get }
}

/// Everything that a bucket holds, former versions and delete markers too.
package enum BucketContent: DemolitionExtent {
  package static let name = "buckets.empty"
  package static let summary = "Delete all objects of a bucket, with all their versions."
  package static let reversal = Reversal.compensating(
    "the backup is put back; former versions are gone")
  package static let removesBucket = false
}

/// The bucket with everything in it; undo makes it again with its settings and its saved content.
package enum WholeBucket: DemolitionExtent {
  package static let name = "buckets.delete"
  package static let summary = "Empty a bucket and delete it, so that its name is free."
  package static let reversal = Reversal.compensating(
    "the bucket is made again with its settings and the backup; former versions are gone")
  package static let removesBucket = true
}

package typealias BucketsEmpty = DemolitionStep<BucketContent>
package typealias BucketsDelete = DemolitionStep<WholeBucket>

/// A step that empties a bucket, and deletes it where its extent says so.
package struct DemolitionStep<Extent: DemolitionExtent>: Action {
  package static var name: String { Extent.name }
  package static var summary: String { Extent.summary }
  package static var reversal: Reversal { Extent.reversal }
  package static var inputs: [InputField] { BucketDemolition.inputs }

  package typealias Input = BucketDemolition.Input
  package typealias Plan = BucketDemolition.Plan
  package typealias Checkpoint = NoCheckpoint

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    BucketDemolition.rights(input, removes: Extent.removesBucket)
  }

  private let demolition: BucketDemolition

  package init(_ input: Input, in site: Site) throws(Failure) {
    demolition = try BucketDemolition(input, in: site, removes: Extent.removesBucket)
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
