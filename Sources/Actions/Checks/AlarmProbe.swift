import JSON
import Resources
import Rollouts

/// Whether CloudWatch alarms are quiet.
struct AlarmProbe: Probe {
  enum Insufficient: String, Codable, Sendable, CaseIterable {
    case passed
    case inconclusive
  }

  struct Own: Decodable, Sendable {
    var names: [String]?
    var prefix: String?
    var insufficient: Insufficient?
  }

  typealias Input = Beside<CloudAccount, Own>

  static let fields: [InputField] =
    [
      .optional("names", .list(.string), "The alarms, by name; composite ones too."),
      .optional("prefix", .string, "What the names of the alarms begin with, in place of names."),
      .optional(
        "insufficient", .choice(Insufficient.allCases.map(\.rawValue)),
        "What it means that an alarm has too little data.",
        default: Insufficient.inconclusive.rawValue),
    ] + CloudAccount.fields

  /// The most names that one question takes, and the most pages of one answer.
  private static let namesMax = 100
  private static let pagesMax = 100

  let title: String
  private let input: Input
  private let site: Site

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    self.title = title ?? "alarms \(input.names?.joined(separator: ", ") ?? input.prefix ?? "")"
    guard (input.names?.isEmpty == false) != (input.prefix?.isEmpty == false) else {
      throw .permanent(
        "step \(site.step): an alarm check needs either 'names' or a 'prefix'",
        hint: "Name the alarms that must be quiet.")
    }
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      return try await judge(pace)
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }

  private func judge(_ pace: Pace) async throws(Failure) -> Verdict {
    var states: [(name: String, state: String, reason: String)] = []
    if let names = input.names {
      for start in stride(from: 0, to: names.count, by: Self.namesMax) {
        let batch = names[start..<min(start + Self.namesMax, names.count)]
        states += try await read(["AlarmNames": .array(batch.map { .string($0) })], pace)
      }
    } else {
      states = try await read(["AlarmNamePrefix": .string(input.prefix ?? "")], pace)
    }
    let missing = (input.names ?? []).filter { name in
      !states.contains { $0.name.utf8.elementsEqual(name.utf8) }
    }
    var verdicts: [Verdict] = missing.map { .inconclusive("there is no alarm \($0)") }
    if states.isEmpty, missing.isEmpty {
      verdicts.append(.inconclusive("no alarm begins with \(input.prefix ?? "")"))
    }
    for alarm in states {
      switch alarm.state {
      case "OK": break
      case "ALARM": verdicts.append(.failed("\(alarm.name) is in alarm: \(alarm.reason)"))
      case "INSUFFICIENT_DATA" where input.insufficient == .passed: break
      case _: verdicts.append(.inconclusive("\(alarm.name) is \(alarm.state)"))
      }
    }
    return verdicts.isEmpty ? .passed("\(states.count) quiet") : .all(verdicts)
  }

  private func read(
    _ filter: JSONValue, _ pace: Pace
  ) async throws(Failure) -> [(name: String, state: String, reason: String)] {
    var input = filter
    input["AlarmTypes"] = ["MetricAlarm", "CompositeAlarm"]
    input["MaxRecords"] = 100
    var states: [(name: String, state: String, reason: String)] = []
    for _ in 0..<Self.pagesMax {
      try pace.checkStop()
      let answer = try await CloudQuestion(site: site, account: self.input.account).ask(
        "cloudwatch", "DescribeAlarms", input, title)
      for list in ["MetricAlarms", "CompositeAlarms"] {
        for alarm in answer[list]?.elements ?? [] {
          states.append(
            (
              alarm["AlarmName"]?.string ?? "", alarm["StateValue"]?.string ?? "unknown",
              String((alarm["StateReason"]?.string ?? "").prefix(200))
            ))
        }
      }
      guard let token = answer["NextToken"]?.string, !token.isEmpty else { return states }
      input["NextToken"] = .string(token)
    }
    throw .permanent("\(title): there are too many alarms", hint: "Name fewer of them.")
  }
}
