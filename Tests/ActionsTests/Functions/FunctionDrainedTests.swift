import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Functions behind a stream, by what CloudWatch says of each minute.
@Suite("Catching up with a stream", .waiting)
struct FunctionDrainedTests {
  struct Point: Sendable {
    let minute: Int
    let value: Double
  }

  /// Metrics as points of minutes after the first moment; answers for the window that is asked.
  private final class Metrics: Sendable {
    let points = Mutex<[String: [Point]]>([:])
    let failures = Mutex(0)
    let begin: Timestamp

    init(_ begin: Timestamp) { self.begin = begin }

    func cloud(_ clock: ManualClock) -> ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        let isFailing = failures.withLock { count in
          count -= 1
          return count >= 0
        }
        if isFailing { throw ScriptedCloud.error("InternalServerError") }
        let from = call.input["StartTime"]?.string ?? ""
        let results = (call.input["MetricDataQueries"]?.elements ?? []).map { query -> JSONValue in
          let name = query["MetricStat"]?["Metric"]?["MetricName"]?.string ?? ""
          let known = points.withLock { $0[name] ?? [] }
          let values = known.filter { point in
            let moment = begin + .seconds(point.minute * 60)
            return moment.description >= from && moment <= clock.now()
          }
          return [
            "Id": query["Id"] ?? "", "StatusCode": "Complete",
            "Values": .array(values.map { .number("\($0.value)") }),
          ]
        }
        return ["MetricDataResults": .array(results)]
      }
    }
  }

  private let clock = ManualClock(movesByItself: true)
  private let metrics: Metrics
  private let world: FakeWorld

  init() throws {
    metrics = Metrics(clock.now())
    world = try FakeWorld(clock: clock, cloud: metrics.cloud(clock))
  }

  private func set(_ name: String, _ values: [Int: Double]) {
    metrics.points.withLock { $0[name] = values.map { Point(minute: $0.key, value: $0.value) } }
  }

  private func rig(_ more: String = "", journal: ActionJournal = ActionJournal()) throws
    -> ActionRig
  {
    try ActionRig(
      ActionDescriptor(FunctionDrained.self),
      "{function: 'arn:aws:lambda:us-east-1:1:function:streams', \(more)}", in: world.site(),
      journal: journal)
  }

  private var minutes: Double {
    Double((clock.now() - metrics.begin).wholeMilliseconds) / 60_000
  }

  @Test("it is done once records are young, and have been for long enough")
  func drains() async throws {
    set("IteratorAge", [-3: 10, 1: 9_000_000, 4: 600_000, 8: 61_000, 9: 500, 12: 400, 15: 20])
    set("Errors", [2: 3, 9: 0])
    let rig = try rig()
    let report = try await rig.apply()
    // The last old record is of minute 8; five minutes later it is out of the window.
    #expect(minutes > 13 && minutes < 14)
    #expect(report.outputs["errors"] == "0" && report.outputs["age"] == "500")
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("9000 s old") == true })
    #expect(try await rig.verify().isPassed)
  }

  @Test("errors, silence and metrics that cannot be read are no good signs")
  func doubts() async throws {
    // What was measured before the step began says nothing.
    set("IteratorAge", [-2: 10, -1: 10])
    let silent = try await #require(throws: Failure.self) { try await rig("within: '30m'").apply() }
    #expect(silent.summary.hasSuffix("it was not called, so it cannot be told"))
    set("IteratorAge", Dictionary(uniqueKeysWithValues: (30...90).map { ($0, 10) }))
    set("Errors", [31: 1, 35: 1, 39: 1, 43: 1, 47: 1, 51: 1, 55: 1])
    let failing = try await #require(throws: Failure.self) {
      try await rig("within: '20m'").apply()
    }
    #expect(failing.summary.hasSuffix("1 invocations failed"))
    metrics.failures.withLock { $0 = 1000 }
    let unread = try await #require(throws: Failure.self) { try await rig("within: '5m'").apply() }
    #expect(unread.summary.contains("InternalServerError"))
    guard case .inconclusive = try await rig().verify() else {
      Issue.record("what cannot be read was judged")
      return
    }
  }

  @Test("an idle function has caught up only where the playbook says so, and not at once")
  func idle() async throws {
    let begin = clock.now()
    let report = try await rig("idleIsDrained: true, stable: '3m'").apply()
    #expect(report.outputs["age"] == "" && clock.now() - begin == .seconds(180))
  }
}
