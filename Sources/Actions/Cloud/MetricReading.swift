import JSON
import Resources
import Rollouts

/// Reads points of CloudWatch metrics; what cannot be read is thrown, never taken for no points.
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
    var question: JSONValue = [
      "MetricDataQueries": .array(queries), "StartTime": .string(begin.description),
      "EndTime": .string(end.description),
    ]
    var points = [[Double]](repeating: [], count: series.count)
    for _ in 0..<Self.pagesMax {
      let answer = try await service.ask("GetMetricData", question, about: title)
      let token = answer["NextToken"]?.string ?? ""
      try read(answer, isLast: token.isEmpty, title, into: &points)
      if token.isEmpty { return points }
      question["NextToken"] = .string(token)
    }
    throw .permanent("\(title): there are too many points", hint: "Take a shorter window.")
  }

  private func read(
    _ answer: JSONValue, isLast: Bool, _ title: String, into points: inout [[Double]]
  ) throws(Failure) {
    let results = answer["MetricDataResults"]?.elements ?? []
    for index in points.indices {
      let told = results.filter { $0["Id"]?.string == "m\(index)" }
      guard isLast == false || !told.isEmpty else {
        throw .transient("\(title): CloudWatch left one out", hint: "It is tried again.")
      }
      for result in told {
        let status = result["StatusCode"]?.string ?? "Complete"
        guard status == "Complete" || (status == "PartialData" && !isLast) else {
          throw .transient("\(title): CloudWatch says \(status)", hint: "It is tried again.")
        }
        for value in result["Values"]?.elements ?? [] {
          guard let number = Double(CommandOutputs.text(value)), number.isFinite else {
            throw .transient(
              "\(title): CloudWatch gave what is no number", hint: "It is tried again.")
          }
          points[index].append(number)
        }
      }
    }
  }
}
