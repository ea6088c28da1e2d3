import JSON
package import Resources
package import Rollouts

/// Waits until a function has caught up with its stream: its records are young, and it does not fail.
///
/// Only what was measured since the step began counts, for as long as `stable` says. No data is no
/// good sign: a function that is not called at all has not caught up, unless the playbook says so.
package struct FunctionDrained: Action {
  package struct Own: Decodable, Sendable {
    var function: String
    var age: PlaybookDuration?
    var errors: Int?
    var idleIsDrained: Bool?
    var stable: PlaybookDuration?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>
  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "lambda.drained"
  package static let summary = "Waits until a function has caught up with its stream."
  package static let reversal = Reversal.exact
  package static let outputs = ["age", "errors"]
  package static let inputs: [InputField] =
    [
      .required("function", .string, "The function's name or ARN."),
      .optional(
        "age", .duration, "How old the oldest record of a batch may be.", default: "1m"),
      .optional(
        "errors", .integer(0...Int.max), "How many invocations may fail meanwhile.", default: "0"),
      .optional(
        "idleIsDrained", .boolean, "Whether no invocation at all means that it has caught up.",
        default: "false"),
      .optional("stable", .duration, "For how long that must hold.", default: "5m"),
      .optional("every", .duration, "The pause between two looks.", default: "30s"),
      .optional("within", .duration, "How long all of it may take.", default: "4h"),
    ] + CloudAccount.fields

  private static let ageDefault: Duration = .seconds(60)
  private static let stableDefault: Duration = .seconds(300)
  private static let everyDefault: Duration = .seconds(30)
  private static let withinDefault: Duration = .seconds(4 * 3600)

  private let input: Input
  private let site: Site
  private let place: CloudPlace

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    place = FunctionConfiguration.place(of: input.function, region: nil, input.account)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    [
      MetricReading.right(
        FunctionConfiguration.place(of: input.function, region: nil, input.account))
    ]
  }

  private var title: String { "the function \(input.function)" }
  private var stable: Duration { input.stable?.duration ?? Self.stableDefault }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  /// What was measured in a window, and why that is not good enough; nil when it is.
  private struct Look {
    let age: Duration?
    let errors: Int
    let reason: String?
  }

  private func look(from begin: Timestamp, to end: Timestamp) async throws(Failure) -> Look {
    // CloudWatch refuses a window that ends in the second in which it begins.
    guard end - begin >= .seconds(1) else {
      return Look(age: nil, errors: 0, reason: "nothing can have been measured yet")
    }
    let points = try await MetricReading(place, in: site).points(
      [
        .function("IteratorAge", input.function, "Maximum"),
        .function("Errors", input.function, "Sum"),
      ], from: begin, to: end)
    let age = points[0].max().map { Duration.milliseconds(Int64($0)) }
    let errors = Int(points[1].reduce(0, +))
    var reason: String?
    if let age, age > input.age?.duration ?? Self.ageDefault {
      reason = "a record was \(age.wholeMilliseconds / 1000) s old"
    } else if errors > input.errors ?? 0 {
      reason = "\(errors) invocations failed"
    } else if age == nil, input.idleIsDrained != true {
      reason = "it was not called, so it cannot be told"
    }
    return Look(age: age, errors: errors, reason: reason)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    let wait = CloudWait(
      title: "\(title) to catch up", every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
    var last: Look?
    try await wait.wait(since: pace.limitBegin(began), pace) { () async throws(Failure) in
      let now = pace.clock.now()
      let look = try await look(from: max(began, now + (.zero - stable)), to: now)
      last = look
      if let reason = look.reason { return reason }
      let watched = now - began
      return watched >= stable ? nil : "watched for \(watched.wholeMilliseconds / 1000) s"
    }
    let age = last?.age.map { "\($0.wholeMilliseconds)" } ?? ""
    return StepReport(outputs: ["age": age, "errors": "\(last?.errors ?? 0)"])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let now = pace.clock.now()
    do throws(Failure) {
      let look = try await look(from: now + (.zero - stable), to: now)
      return Verification(look.reason.map { .failed("\(title): \($0)") } ?? .passed("caught up"))
    } catch {
      guard error.isTransient else { throw error }
      return Verification(.inconclusive(error.summary))
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
