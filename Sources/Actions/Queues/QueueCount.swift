package import Resources
package import Rollouts

/// Tells how many messages a queue and its dead-letter queue hold, by their approximate counts.
///
/// It looks once and receives nothing. What its output says of the dead-letter queue is where a
/// later `sqs.wait-empty` counts from.
package struct QueueCount: Action {
  package struct Own: Decodable, Sendable {
    var queue: String
    var deadLetter: String?
  }

  package typealias Input = Beside<CloudAccount, Own>
  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "sqs.count"
  package static let summary = "Tells how many messages a queue and its dead-letter queue hold."
  package static let reversal = Reversal.exact
  package static let outputs = ["count", "deadLetters"]
  package static let inputs: [InputField] =
    [
      .required("queue", .string, "The queue's URL or name."),
      .optional(
        "deadLetter", .string,
        "The URL or name of its dead-letter queue; by default the one of its redrive policy."),
    ] + CloudAccount.fields

  private let input: Input
  private let queues: Queues

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    queues = Queues(account: input.account, site: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    Queues.looks(at: input.queue, deadLetter: input.deadLetter, input.account)
  }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let counts = try await queues.counts(of: input.queue)
    var dead: Int?
    if let name = input.deadLetter ?? counts.deadLetter {
      dead = try await queues.counts(of: name).total
    }
    return StepReport(
      outputs: ["count": "\(counts.total)", "deadLetters": dead.map { "\($0)" } ?? ""],
      notes: ["\(input.queue): \(counts.text)" + (dead.map { ", \($0) dead letters" } ?? "")])
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
