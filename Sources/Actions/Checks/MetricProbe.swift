import JSON
import Resources
import Rollouts

/// Whether a CloudWatch metric keeps within bounds.
struct MetricProbe: Probe {
  enum NoData: String, Codable, Sendable, CaseIterable {
    case passed
    case failed
    case inconclusive
  }

  struct Own: Decodable, Sendable {
    var namespace: String?
    var metric: String?
    var dimensions: [String: String]?
    var statistic: String?
    var queries: JSONValue?
    var of: String?
    var period: PlaybookDuration?
    var window: PlaybookDuration?
    var atLeast: JSONValue?
    var atMost: JSONValue?
    var noData: NoData?
  }

  typealias Input = Beside<CloudAccount, Own>

  static let fields: [InputField] =
    [
      .optional("namespace", .string, "The namespace, such as AWS/ApplicationELB."),
      .optional("metric", .string, "The metric, such as HTTPCode_Target_5XX_Count."),
      .optional("dimensions", .map(.string), "The dimensions that it is kept under."),
      .optional("statistic", .string, "Average, Sum, Maximum, p99 and the like.", default: "Sum"),
      .optional(
        "queries", .any, "In place of one metric: MetricDataQueries as GetMetricData takes them."),
      .optional("of", .string, "The Id of the query that is judged; by default the first."),
      .optional("period", .duration, "The length of one point.", default: "1m"),
      .optional("window", .duration, "How far back points are judged.", default: "5m"),
      .optional("atLeast", .any, "The number that no point may be below."),
      .optional("atMost", .any, "The number that no point may be above."),
      .optional(
        "noData", .choice(NoData.allCases.map(\.rawValue)), "What it means that there is no point.",
        default: NoData.inconclusive.rawValue),
    ] + CloudAccount.fields

  private static let periodDefault: Duration = .seconds(60)
  private static let windowDefault: Duration = .seconds(300)

  let title: String
  private let input: Input
  private let site: Site
  private let least: Double?
  private let most: Double?

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    self.title = title ?? "metric \(input.metric ?? input.of ?? "")"
    guard (input.metric != nil && input.namespace != nil) != (input.queries != nil) else {
      throw .permanent(
        "step \(site.step): a metric check needs either 'namespace' and 'metric', or 'queries'",
        hint: "Name the metric that is judged.")
    }
    least = try Self.number(input.atLeast, site)
    most = try Self.number(input.atMost, site)
    guard least != nil || most != nil else {
      throw .permanent(
        "step \(site.step): a metric check has no bound", hint: "Give it 'atLeast' or 'atMost'.")
    }
  }

  private static func number(_ value: JSONValue?, _ site: Site) throws(Failure) -> Double? {
    guard let text = value.map(CommandOutputs.text) else { return nil }
    guard let number = Double(text), number.isFinite else {
      throw .permanent(
        "step \(site.step): '\(text)' is not a number", hint: "Mend the metric check's bound.")
    }
    return number
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      let points = try await points(pace)
      guard !points.isEmpty else {
        let text = "it has no points in the last \(input.window?.text ?? "5m")"
        switch input.noData ?? .inconclusive {
        case .passed: return .passed(text)
        case .failed: return .failed(text)
        case .inconclusive: return .inconclusive(text)
        }
      }
      if let most, let worst = points.max(), worst > most {
        return .failed("\(worst) is above \(most)")
      }
      if let least, let worst = points.min(), worst < least {
        return .failed("\(worst) is below \(least)")
      }
      return .passed("\(points.count) points within bounds")
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }

  private var queries: JSONValue {
    if let queries = input.queries { return queries }
    let dimensions = (input.dimensions ?? [:]).sorted { $0.key < $1.key }
    let metric: JSONValue = [
      "Namespace": .string(input.namespace ?? ""), "MetricName": .string(input.metric ?? ""),
      "Dimensions": .array(
        dimensions.map { ["Name": .string($0.key), "Value": .string($0.value)] }),
    ]
    let seconds = (input.period?.duration ?? Self.periodDefault).wholeMilliseconds / 1000
    return [
      [
        "Id": "m1",
        "MetricStat": [
          "Metric": metric, "Period": JSONValue(max(1, seconds)),
          "Stat": .string(input.statistic ?? "Sum"),
        ], "ReturnData": true,
      ]
    ]
  }

  private func points(_ pace: Pace) async throws(Failure) -> [Double] {
    let queries = queries
    let id = input.of ?? queries[0]?["Id"]?.string ?? "m1"
    let now = pace.clock.now()
    let window = input.window?.duration ?? Self.windowDefault
    let points = try await MetricReading(input.account.place, in: site).points(
      of: [id], among: queries, from: now + (.zero - window), to: now, about: title, pace)
    return points[0]
  }
}
