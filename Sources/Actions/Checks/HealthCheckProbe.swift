import JSON
import Resources
import Rollouts

/// Whether health checks of Route 53 find their endpoints healthy.
///
/// The checkers' own reports are counted; a calculated check is judged by its children, as Route 53
/// does. What Route 53 takes for healthy without looking is no proof.
struct HealthCheckProbe: Probe {
  struct Own: Decodable, Sendable {
    var ids: [String]
    var atLeast: Int?
  }

  typealias Input = Beside<CloudAccount, Own>

  static let fields: [InputField] =
    [
      .required("ids", .list(.string), "The ids of the health checks."),
      .optional(
        "atLeast", .integer(1...100),
        "Percent of the checkers that must find it healthy; by default more than 18, as Route 53 "
          + "itself decides."),
    ] + CloudAccount.fields

  /// Route 53 calls an endpoint healthy if more than so many percent of its checkers do.
  ///
  /// Source: "How Route 53 determines whether a health check is healthy", developer guide.
  private static let percentDefault = 18
  /// How far calculated checks of calculated checks are followed, and how many looks that may take.
  private static let depthMax = 4
  private static let looksMax = 600
  private static let reasonCharactersMax = 200
  private static let version = "/2013-04-01/healthcheck"

  let title: String
  private let input: Input
  private let site: Site

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    self.title = title ?? "health check \(input.ids.joined(separator: ", "))"
    guard !input.ids.isEmpty, input.ids.allSatisfy({ !$0.isEmpty }) else {
      throw .permanent(
        "step \(site.step): a health check needs 'ids'", hint: "Name the checks of Route 53.")
    }
  }

  static func rights(_ input: Input) -> [CloudUse] {
    // The children of a calculated check are known only when it is read.
    ["GetHealthCheck", "GetHealthCheckStatus", "GetHealthCheckLastFailureReason"].map {
      CloudUse(
        "route53", $0, method: "GET", at: input.account.place,
        on: "arn:\(CloudPartition.of(input.account.region).rawValue):route53:::healthcheck/*")
    }
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    var looks = 0
    var verdicts: [Verdict] = []
    for id in input.ids {
      do throws(Failure) {
        verdicts.append(try await judge(id, depth: 0, &looks, pace))
      } catch {
        if error.kind == .cancelled { throw error }
        verdicts.append(.inconclusive("\(id): \(error.summary)"))
      }
    }
    return .all(verdicts)
  }

  private func judge(
    _ id: String, depth: Int, _ looks: inout Int, _ pace: Pace
  ) async throws(Failure) -> Verdict {
    try pace.checkStop()
    looks += 1
    guard looks <= Self.looksMax, depth <= Self.depthMax else {
      return .inconclusive("\(id): there are too many checks behind it")
    }
    let answer = try await ask("GetHealthCheck", id)
    guard let config = answer["HealthCheck"]?["HealthCheckConfig"],
      let type = config["Type"]?.string
    else {
      throw .transient("Route 53 did not describe the check", hint: "It is tried again.")
    }
    guard config["Disabled"]?.string != "true" else {
      return .inconclusive("\(id) is disabled: Route 53 takes it for healthy without looking")
    }
    let verdict: Verdict
    switch type {
    case "CALCULATED": verdict = try await calculated(id, config, depth: depth, &looks, pace)
    case "CLOUDWATCH_METRIC":
      let alarm = config["AlarmIdentifier"]
      verdict = .inconclusive(
        "\(id) follows the alarm \(alarm?["Name"]?.string ?? "") in "
          + "\(alarm?["Region"]?.string ?? ""): ask that with a check of kind 'alarm'")
    case "RECOVERY_CONTROL":
      verdict = .inconclusive("\(id) follows a routing control, which no checker looks at")
    case _: verdict = try await observed(id, isInverted: config["Inverted"]?.string == "true")
    }
    return config["Inverted"]?.string == "true" ? Self.inverted(verdict, id) : verdict
  }

  private static func inverted(_ verdict: Verdict, _ id: String) -> Verdict {
    switch verdict {
    case .passed(let text): .failed("\(text), and the check is inverted")
    case .failed(let text): .passed("\(text), and the check is inverted")
    case .inconclusive: verdict
    }
  }

  // MARK: Endpoints

  private func observed(_ id: String, isInverted: Bool) async throws(Failure) -> Verdict {
    let answer = try await ask("GetHealthCheckStatus", id, "/status")
    var healthy = 0
    var total = 0
    var firstReason: String?
    for observation in answer["HealthCheckObservations"]?.elements ?? [] {
      let status = observation["StatusReport"]?["Status"]?.string ?? ""
      // A checker that has not looked yet says nothing either way.
      if status.isEmpty || status.hasPrefix("Unknown") { continue }
      total += 1
      if status.hasPrefix("Success") {
        healthy += 1
      } else if firstReason == nil {
        let region = observation["Region"]?.string.map { "from \($0): " } ?? ""
        firstReason = region + String(status.prefix(Self.reasonCharactersMax))
      }
    }
    guard total > 0 else { return .inconclusive("\(id): no checker has reported yet") }
    let text = "\(id): \(healthy) of \(total) checkers find it healthy"
    if isEnough(healthy, of: total) { return .passed(text) }
    var reasons = [text, firstReason].compactMap(\.self)
    if !isInverted, let last = try await lastFailure(id) { reasons.append(last) }
    return .failed(reasons.joined(separator: "; "))
  }

  private func isEnough(_ healthy: Int, of total: Int) -> Bool {
    if let wanted = input.atLeast { return healthy * 100 >= wanted * total }
    return healthy * 100 > Self.percentDefault * total
  }

  /// Why it failed most recently; only told, so that not knowing it does no harm.
  private func lastFailure(_ id: String) async throws(Failure) -> String? {
    let answer: JSONValue
    do throws(Failure) {
      answer = try await ask("GetHealthCheckLastFailureReason", id, "/lastfailurereason")
    } catch {
      if error.kind == .cancelled { throw error }
      return nil
    }
    let report = answer["HealthCheckObservations"]?[0]?["StatusReport"]
    guard let status = report?["Status"]?.string, !status.isEmpty else { return nil }
    let moment = report?["CheckedTime"]?.string.map { " at \($0)" } ?? ""
    return "last failure\(moment): \(status.prefix(Self.reasonCharactersMax))"
  }

  // MARK: Calculated checks

  private func calculated(
    _ id: String, _ config: JSONValue, depth: Int, _ looks: inout Int, _ pace: Pace
  ) async throws(Failure) -> Verdict {
    let children = (config["ChildHealthChecks"]?.elements ?? []).compactMap(\.string)
    let wanted = config["HealthThreshold"]?.string.flatMap { Int($0) } ?? children.count
    guard wanted > 0 else {
      return .inconclusive("\(id) wants none of its children healthy, so it proves nothing")
    }
    var healthy = 0
    var unknown: [String] = []
    var failed: [String] = []
    for child in children {
      do throws(Failure) {
        switch try await judge(child, depth: depth + 1, &looks, pace) {
        case .passed: healthy += 1
        case .failed(let text): failed.append(text)
        case .inconclusive(let text): unknown.append(text)
        }
      } catch {
        if error.kind == .cancelled { throw error }
        unknown.append("\(child): \(error.summary)")
      }
    }
    let text = "\(id): \(healthy) of \(children.count) checks are healthy, \(wanted) wanted"
    if healthy >= wanted { return .passed(text) }
    let reason = ([text] + (failed + unknown).prefix(1)).joined(separator: "; ")
    return healthy + unknown.count < wanted ? .failed(reason) : .inconclusive(reason)
  }

  private func ask(
    _ operation: String, _ id: String, _ rest: String = ""
  ) async throws(Failure) -> JSONValue {
    try await CloudQuestion(site: site, account: input.account).ask(
      "route53", operation, .null, "the health check \(id)",
      route: ("GET", "\(Self.version)/\(URLTemplate.encoded(id))\(rest)"))
  }
}
