import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Metrics as a test tells them, page by page; above all what is no answer.
@Suite("Reading metrics", .waiting)
struct MetricProbeTests {
  private static func result(
    _ values: [JSONValue], _ status: String = "Complete", id: String = "m1", label: String = "x"
  ) -> JSONValue {
    [
      "Id": .string(id), "Label": .string(label), "StatusCode": .string(status),
      "Values": .array(values),
    ]
  }

  private static func page(_ results: [JSONValue], hasMore: Bool = false) -> JSONValue {
    hasMore
      ? ["MetricDataResults": .array(results), "NextToken": "more"]
      : ["MetricDataResults": .array(results)]
  }

  private func verdict(_ answers: JSONValue..., check: String = "atMost: 5") async throws
    -> Verdict
  {
    let left = Mutex(answers)
    let cloud = ScriptedCloud { (_) throws(CloudFailure) in
      left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }
    let metric = "namespace: 'N', metric: 'M', noData: 'passed', \(check)"
    return try await ScriptedStage(cloud).rig(
      Validate.self, "{checks: [{title: 't', metric: {\(metric)}}], within: '0s'}"
    ).verify()
  }

  @Test("points of several pages, and in parts, are all judged")
  func pages() async throws {
    let first = Self.page([Self.result([1], "PartialData")], hasMore: true)
    #expect(
      try await verdict(first, Self.page([Self.result([2, 3])]))
        == .passed("t: 3 points within bounds"))
    #expect(
      try await verdict(first, Self.page([Self.result([2, 9])])) == .failed("t: 9.0 is above 5.0"))
    // Complete in the first page, and not told of again.
    #expect(
      try await verdict(Self.page([Self.result([4])], hasMore: true), Self.page([]))
        == .passed("t: 1 points within bounds"))
  }

  @Test("no points at all are what the playbook says about them")
  func none() async throws {
    #expect(try await verdict(Self.page([Self.result([])])).isPassed)
  }

  @Test(
    "what was not read is never taken for no points, not even where these would pass",
    arguments: [
      Self.page([Self.result([], "PartialData")]), Self.page([Self.result([], "InternalError")]),
      Self.page([Self.result([], "Forbidden")]), Self.page([Self.result(["much"])]),
      Self.page([Self.result([.null])]),
      Self.page([Self.result(["NaN"])]), Self.page([Self.result([], id: "m2")]), Self.page([]), [:],
      Self.page([Self.result([]), Self.result([], "PartialData", label: "y")]),
    ])
  func unread(answer: JSONValue) async throws {
    let verdict = try await verdict(answer)
    guard case .inconclusive = verdict else {
      Issue.record("\(answer.text) is \(verdict)")
      return
    }
  }

  @Test("a part that is never completed is not judged, though there are points")
  func unfinished() async throws {
    let verdict = try await verdict(
      Self.page([Self.result([1], "PartialData")], hasMore: true), Self.page([]))
    guard case .inconclusive(let text) = verdict else {
      Issue.record("a part is \(verdict)")
      return
    }
    #expect(text.hasSuffix("CloudWatch says PartialData"))
  }
}
