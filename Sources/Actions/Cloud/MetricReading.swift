import JSON
import Resources
import Rollouts

/// Reads points of CloudWatch metrics; what cannot be read is thrown, never taken for no points.
///
/// Source: GetMetricData in the API reference of CloudWatch. A series may be told in several pages,
/// and in parts; only one whose last word is `Complete` has been read.
struct MetricReading: Sendable {
  struct Series: Sendable {
    let namespace: String
    let metric: String
    let dimension: (name: String, value: String)
    let statistic: String

    static func function(_ metric: String, _ function: String, _ statistic: String) -> Series {
      Series(
        namespace: "AWS/Lambda", metric: metric,
        dimension: ("FunctionName", Self.plain(function)), statistic: statistic)
    }

    static func queue(_ metric: String, _ queue: String) -> Series {
      let name = queue.split(separator: "/").last.map(String.init) ?? queue
      return Series(
        namespace: "AWS/SQS", metric: metric, dimension: ("QueueName", name), statistic: "Sum")
    }

    /// Metrics are kept by the bare name of a function.
    private static func plain(_ function: String) -> String {
      let parts = function.split(separator: ":")
      return parts.count > 6 && parts[0] == "arn" ? String(parts[6]) : function
    }
  }

  let service: CloudService

  private static let periodSeconds = 60
  private static let pagesMax = 100

  init(_ place: CloudPlace, in site: Site) {
    service = CloudService("cloudwatch", at: place, in: site)
  }

  static func right(_ place: CloudPlace) -> StepRight {
    .call(CloudUse("cloudwatch", "GetMetricData", at: place, on: "*"))
  }

  /// The points of each series between two moments, a minute each, in no order.
  func points(
    _ series: [Series], from begin: Timestamp, to end: Timestamp
  ) async throws(Failure) -> [[Double]] {
    let title = series.first.map { "metrics of \($0.dimension.value)" } ?? "metrics"
    let queries = series.enumerated().map { index, one -> JSONValue in
      let dimension: JSONValue = [
        "Name": .string(one.dimension.name), "Value": .string(one.dimension.value),
      ]
      let metric: JSONValue = [
        "Namespace": .string(one.namespace), "MetricName": .string(one.metric),
        "Dimensions": [dimension],
      ]
      return [
        "Id": .string("m\(index)"),
        "MetricStat": [
          "Metric": metric, "Period": JSONValue(Self.periodSeconds), "Stat": .string(one.statistic),
        ], "ReturnData": true,
      ]
    }
    let ids = series.indices.map { "m\($0)" }
    return try await points(
      of: ids, among: .array(queries), from: begin, to: end, about: title)
  }

  /// The points of the queries with these ids, in no order; `title` is what messages are about.
  func points(
    of ids: [String], among queries: JSONValue, from begin: Timestamp, to end: Timestamp,
    about title: String, _ pace: Pace? = nil
  ) async throws(Failure) -> [[Double]] {
    var question: JSONValue = [
      "MetricDataQueries": queries, "StartTime": .string(begin.description),
      "EndTime": .string(end.description),
    ]
    var read = ids.map { Reading(id: $0) }
    for _ in 0..<Self.pagesMax {
      try pace?.checkStop()
      let answer = try await service.ask("GetMetricData", question, about: title)
      for result in answer["MetricDataResults"]?.elements ?? [] {
        guard let index = read.firstIndex(where: { $0.isTold(by: result) }) else { continue }
        try read[index].take(result, title)
      }
      guard let token = answer["NextToken"]?.string, !token.isEmpty else {
        for one in read { try one.checkWhole(title) }
        return read.map(\.points)
      }
      question["NextToken"] = .string(token)
    }
    throw .permanent(
      "\(title): there are too many points", hint: "Take a shorter window or a longer period.")
  }

  /// What has been read for one query, over all pages so far.
  private struct Reading {
    let id: String
    var points: [Double] = []
    /// The last word on each of its series; a search expression has several, by their labels.
    private var statuses: [String: String] = [:]

    init(id: String) { self.id = id }

    func isTold(by result: JSONValue) -> Bool {
      result["Id"]?.string?.hasSameBytes(as: id) == true
    }

    mutating func take(_ result: JSONValue, _ title: String) throws(Failure) {
      let status = result["StatusCode"]?.string ?? MetricReading.complete
      guard status == MetricReading.complete || status == MetricReading.partial else {
        throw Self.unread(title, status)
      }
      statuses[result["Label"]?.string ?? ""] = status
      for value in result["Values"]?.elements ?? [] {
        guard let number = Double(CommandOutputs.text(value)), number.isFinite else {
          throw .transient(
            "\(title): CloudWatch gave what is no number", hint: "It is tried again.")
        }
        points.append(number)
      }
    }

    func checkWhole(_ title: String) throws(Failure) {
      guard !statuses.isEmpty else {
        throw .transient("\(title): CloudWatch left one out", hint: "It is tried again.")
      }
      if let status = statuses.values.first(where: { $0 != MetricReading.complete }) {
        throw Self.unread(title, status)
      }
    }

    private static func unread(_ title: String, _ status: String) -> Failure {
      .transient("\(title): CloudWatch says \(status)", hint: "It is tried again.")
    }
  }

  private static let complete = "Complete"
  private static let partial = "PartialData"
}
