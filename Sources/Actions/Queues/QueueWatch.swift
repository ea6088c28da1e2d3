import JSON
import Resources
import Rollouts

/// What must not happen while a queue is worked off: dead letters, failing functions, messages that
/// come back.
struct QueueWatch: Sendable {
  struct ErrorRate: Decodable, Sendable {
    var function: String
    var window: PlaybookDuration?
    var most: Int?
  }

  static let fields: [InputField] = [
    .optional(
      "deadLetters", .list(.string),
      "Further queues by URL or name that must hold nothing, or the step fails."),
    .optional(
      "errors",
      .object([
        .required("function", .string, "The function that works the queue off."),
        .optional("window", .duration, "How far back it is judged.", default: "15m"),
        .optional(
          "most", .integer(0...100), "The share of its invocations that may fail, in percent.",
          default: "50"),
      ]),
      "The error rate above which the step fails; one that cannot be read is looked at again."),
    .optional(
      "returns", .integer(0...Int.max),
      "How many messages may come back after a failed try before the step fails; without it they "
        + "are not counted."),
  ]

  let queue: String
  let deadLetters: [String]
  let errors: ErrorRate?
  let returns: Int?
  let account: CloudAccount
  let site: Site

  private static let windowDefault: Duration = .seconds(15 * 60)
  private static let mostDefault = 50
  /// Metrics of SQS are that late.
  private static let metricsLag: Duration = .seconds(180)

  static func rights(
    deadLetters: [String]?, errors: ErrorRate?, returns: Int?, _ account: CloudAccount
  ) -> [StepRight] {
    var rights: [StepRight] = []
    for queue in deadLetters ?? [] {
      let arn = Queues.arn(of: queue, account)
      rights += ["GetQueueUrl", "GetQueueAttributes"].map {
        .look(CloudUse("sqs", $0, at: account.place, on: arn))
      }
    }
    if errors != nil || returns != nil { rights.append(MetricReading.right(account.place)) }
    return rights
  }

  /// Throws when something is wrong; says what cannot be told, nil when all is well.
  ///
  /// `inFlight` is the most that was seen in work at the same time.
  func look(
    since began: Timestamp, now: Timestamp, inFlight: Int
  ) async throws(Failure) -> String? {
    let queues = Queues(account: account, site: site)
    do throws(Failure) {
      for name in deadLetters {
        let counts = try await queues.counts(of: name)
        guard counts.total == 0 else {
          throw .permanent(
            "\(name) holds \(counts.total) messages that could not be worked off: \(counts.text)",
            hint: "Look at them with 'sqs.peek', mend the cause, then 'cutover retry "
              + "\(site.step)' or 'cutover rollback'.")
        }
      }
      try await checkErrors(began, now)
      try await checkReturns(began, now, inFlight)
      return nil
    } catch {
      guard error.isTransient else { throw error }
      return error.summary
    }
  }

  /// What failed before the step began is not its messages' fault.
  private func checkErrors(_ began: Timestamp, _ now: Timestamp) async throws(Failure) {
    guard let errors else { return }
    let window = errors.window?.duration ?? Self.windowDefault
    let start = max(began, now + (.zero - window))
    // CloudWatch refuses a window that ends in the second in which it begins.
    guard now - start >= .seconds(1) else { return }
    let points = try await MetricReading(account.place, in: site).points(
      [
        .function("Invocations", errors.function, "Sum"),
        .function("Errors", errors.function, "Sum"),
      ],
      from: start, to: now)
    let sums = points.map { $0.reduce(0, +) }
    guard sums[0] > 0 else { return }
    let share = Int((sums[1] * 100 / sums[0]).rounded(.down))
    guard share <= errors.most ?? Self.mostDefault else {
      throw .permanent(
        "\(share) percent of the invocations of \(errors.function) failed (\(Int(sums[1])) of "
          + "\(Int(sums[0])))",
        hint: "Look at its log, mend it, then 'cutover retry \(site.step)' or 'cutover rollback'.")
    }
  }

  /// Counts what was received more often than it was deleted, less what may be in work.
  ///
  /// A lower bound: looking into the messages would count as receiving them.
  private func checkReturns(
    _ began: Timestamp, _ now: Timestamp, _ inFlight: Int
  ) async throws(Failure) {
    let end = now + (.zero - Self.metricsLag)
    guard let returns, end > began else { return }
    let points = try await MetricReading(account.place, in: site).points(
      [.queue("NumberOfMessagesReceived", queue), .queue("NumberOfMessagesDeleted", queue)],
      from: began, to: end)
    let sums = points.map { $0.reduce(0, +) }
    let back = Int(sums[0] - sums[1]) - inFlight
    guard back <= returns else {
      throw .permanent(
        "at least \(back) messages of \(queue) came back after a failed try",
        hint: "Look at the log of its consumer before they become dead letters, then 'cutover "
          + "retry \(site.step)' or 'cutover rollback'.")
    }
  }
}
