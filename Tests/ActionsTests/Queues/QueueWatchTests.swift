import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// What goes on around a queue: dead letters, error rates and messages that come back.
@Suite("Watching over a queue", .waiting)
struct QueueWatchTests {
  struct State {
    var counts: [String: Int] = [:]
    var metrics: [String: [Double]] = [:]
    var status = "Complete"
    var unreadable = 0
    /// From when on metrics were asked for.
    var starts: [String] = []
  }

  /// Queues with counts, and metrics by name.
  private final class Fake: Sendable {
    let state = Mutex(State())

    func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var cloud: ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        let result = state.withLock { state -> Result<JSONValue, CloudFailure> in
          switch call.operation {
          case "GetQueueUrl":
            return .success(["QueueUrl": call.input["QueueName"] ?? ""])
          case "GetMetricData":
            state.starts.append(call.input["StartTime"]?.string ?? "")
            if state.unreadable > 0 {
              state.unreadable -= 1
              return .failure(ScriptedCloud.error("InternalServerError"))
            }
            return .success(Self.metrics(call.input, state))
          case _:
            let name = call.input["QueueUrl"]?.string ?? ""
            guard let count = state.counts[name] else {
              return .failure(ScriptedCloud.error("QueueDoesNotExist"))
            }
            return .success([
              "Attributes": [
                "ApproximateNumberOfMessages": .string("\(count)"),
                "ApproximateNumberOfMessagesNotVisible": "0",
                "ApproximateNumberOfMessagesDelayed": "0",
              ]
            ])
          }
        }
        return try result.get()
      }
    }

    private static func metrics(_ input: JSONValue, _ state: State) -> JSONValue {
      let results = (input["MetricDataQueries"]?.elements ?? []).map { query -> JSONValue in
        let name = query["MetricStat"]?["Metric"]?["MetricName"]?.string ?? ""
        let values = (state.metrics[name] ?? []).map { JSONValue.number("\($0)") }
        return [
          "Id": query["Id"] ?? "", "StatusCode": .string(state.status), "Values": .array(values),
        ]
      }
      return ["MetricDataResults": .array(results)]
    }
  }

  private let fake = Fake()
  private let stage: ScriptedStage

  init() throws {
    stage = try ScriptedStage(fake.cloud)
    fake.set { $0.counts = ["q": 0, "dead": 0, "failures": 0] }
  }

  private func rig(_ more: String, journal: ActionJournal = ActionJournal()) throws -> ActionRig {
    try stage.rig(
      QueueWait.self, "{queue: 'q', deadLetters: ['dead', 'failures'], stable: '2m', \(more)}",
      journal: journal)
  }

  @Test(
    "a queue that holds dead letters fails at the first look; one that is missing does not pass")
  func deadLetters() async throws {
    fake.set { $0.counts["failures"] = 3 }
    let failure = try await #require(throws: Failure.self) { try await rig("").apply() }
    #expect(failure.kind == .permanent && failure.summary.hasPrefix("failures holds 3 messages"))
    fake.set { $0.counts["failures"] = nil }
    let missing = try await #require(throws: Failure.self) { try await rig("").apply() }
    #expect(missing.summary.contains("QueueDoesNotExist"))
    fake.set { $0.counts["failures"] = 0 }
    try await rig("").apply()
  }

  @Test("an error rate that is too high fails; 50 percent is not above 50")
  func errorRate() async throws {
    fake.set { $0.metrics = ["Invocations": [6, 4], "Errors": [3, 3]] }
    let failure = try await #require(throws: Failure.self) {
      try await rig("errors: {function: 'segments'}").apply()
    }
    #expect(failure.summary == "60 percent of the invocations of segments failed (6 of 10)")
    fake.set { $0.metrics["Errors"] = [5] }
    try await rig("errors: {function: 'segments'}").apply()
    await #expect(throws: Failure.self) {
      try await rig("errors: {function: 'segments', most: 49}").apply()
    }
    // Not called at all is what an empty queue looks like.
    let begin = stage.clock.now()
    fake.set { state in
      state.metrics = [:]
      state.starts = []
    }
    try await rig("errors: {function: 'segments'}").apply()
    // What failed before is not judged: a retry after it was mended can succeed.
    #expect(Set(fake.state.withLock(\.starts)) == [begin.description])
  }

  @Test("a rate that cannot be read is looked at again, and never taken for a good one")
  func unreadable() async throws {
    fake.set { $0.unreadable = 30 }
    let begin = stage.clock.now()
    let rig = try rig("errors: {function: 'segments'}, every: '10s'")
    try await rig.apply()
    // Thirty looks fail, and the queue stays empty all the while; the next one decides.
    #expect(stage.clock.now() - begin >= .seconds(280))
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("InternalServer") == true })
    for status in ["Forbidden", "PartialData", "InternalError"] {
      fake.set { $0.status = status }
      let failure = try await #require(throws: Failure.self) {
        try await self.rig("errors: {function: 'segments'}, within: '10m'").apply()
      }
      #expect(failure.summary.contains("CloudWatch says \(status)"))
    }
  }

  @Test("messages that come back are noticed long before they are dead letters")
  func returns() async throws {
    fake.set { state in
      state.counts["q"] = 40
      state.metrics = ["NumberOfMessagesReceived": [60, 41], "NumberOfMessagesDeleted": [90]]
    }
    let rig = try rig("returns: 10, within: '20h'")
    let begin = stage.clock.now()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary == "at least 11 messages of q came back after a failed try")
    #expect(stage.clock.now() - begin < .seconds(300))
  }

  @Test("a person's retry has the whole time again, a restart what is left; the baseline stays")
  func retried() async throws {
    fake.set { $0.counts["q"] = 5 }
    let first = stage.clock.now()
    let rig = try rig(
      "errors: {function: 'segments', window: '48h'}, deadLetter: 'dead', every: '10s', "
        + "within: '3m'")
    await #expect(throws: Failure.self) { try await rig.apply() }
    let kept = rig.journal.checkpoint
    try await stage.clock.sleep(for: .seconds(3600))
    // Another process has no time left: it looks once.
    var begin = stage.clock.now()
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(stage.clock.now() == begin)
    rig.journal.retry(at: begin)
    let late = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(late.summary == "q has not run dry in time: 5 waiting, 0 in work, 0 delayed")
    #expect(stage.clock.now() - begin == .seconds(180))
    try await stage.clock.sleep(for: .seconds(3600))
    begin = stage.clock.now()
    rig.journal.retry(at: begin)
    fake.set { $0.counts["q"] = 0 }
    try await rig.apply()
    #expect(stage.clock.now() - begin == .seconds(120))
    // What is judged is judged since the step began, not since the retry.
    #expect(rig.journal.checkpoint == kept)
    #expect(Set(fake.state.withLock(\.starts)) == [first.description])
  }
}
