import Resources
import Rollouts

/// The checks of `validate` and `bake`, ready to be made as often as wanted.
struct CheckSet: Sendable {
  /// One entry of a playbook's list; exactly one kind of check stands in it.
  struct Input: Decodable, Sendable {
    var title: String?
    var http: HTTPProbe.Input?
    var command: CommandProbe.Input?
    var stack: ResourceURL?
    var dns: DNSProbe.Input?
    var ledgers: Bool?
    var alarm: AlarmProbe.Input?
    var metric: MetricProbe.Input?
    var healthCheck: HealthCheckProbe.Input?
    var comparison: ComparisonProbe.Input?
    var aws: CloudProbe.Input?
  }

  static func field(unreachable: Unreachable) -> [InputField] {
    [
      .required(
        "checks",
        .list(
          .object([
            .optional("title", .string, "What messages call this check."),
            .optional("http", .object(HTTPProbe.fields), "Ask over HTTP."),
            .optional("command", .object(CommandProbe.fields), "Ask a program of your own."),
            .optional("stack", .resource(.stack), "A stack that must be healthy."),
            .optional("dns", .object(DNSProbe.fields), "Ask name servers."),
            .optional("ledgers", .boolean, "Every copy made so far must balance."),
            .optional("alarm", .object(AlarmProbe.fields), "CloudWatch alarms that must be quiet."),
            .optional("metric", .object(MetricProbe.fields), "A CloudWatch metric within bounds."),
            .optional(
              "healthCheck", .object(HealthCheckProbe.fields),
              "Health checks of Route 53 that must be healthy."),
            .optional(
              "comparison", .object(ComparisonProbe.fields), "Two sides that must hold the same."),
            .optional("aws", .object(CloudProbe.fields), "Ask any API of AWS."),
          ])), "What to look at; one kind of check in each entry."),
      .optional(
        "unreachable", .choice(Unreachable.allCases.map(\.rawValue)),
        "What it means that an HTTP service does not answer at all.",
        default: unreachable.rawValue),
    ]
  }

  private let probes: [any Probe]
  private let site: Site

  init(_ inputs: [Input], in site: Site, unreachable: Unreachable) throws(Failure) {
    guard !inputs.isEmpty else {
      throw .permanent("step \(site.step) has no checks", hint: "Fill its 'checks'.")
    }
    var probes: [any Probe] = []
    for (index, input) in inputs.enumerated() {
      let found = try Self.probes(input, site, unreachable)
      guard found.count == 1 else {
        throw .permanent(
          "step \(site.step): check \(index + 1) holds \(found.count) kinds of checks",
          hint: "Write one of http, command, stack, dns, alarm, metric, healthCheck, comparison, "
            + "aws or ledgers: true into each entry.")
      }
      probes += found
    }
    self.probes = probes
    self.site = site
  }

  private static func probes(
    _ input: Input, _ site: Site, _ unreachable: Unreachable
  ) throws(Failure) -> [any Probe] {
    var probes: [any Probe] = []
    if let http = input.http {
      probes.append(
        try HTTPProbe(http, title: input.title, in: site, unreachable: unreachable))
    }
    if let command = input.command {
      probes.append(try CommandProbe(command, title: input.title, in: site))
    }
    if let stack = input.stack {
      _ = try site.stack(stack)
      probes.append(StackProbe(title: input.title ?? "\(stack)", stack: stack, site: site))
    }
    if let dns = input.dns { probes.append(try DNSProbe(dns, title: input.title, in: site)) }
    if input.ledgers == true {
      probes.append(LedgersProbe(title: input.title ?? "ledgers", site: site))
    }
    if let alarm = input.alarm {
      probes.append(try AlarmProbe(alarm, title: input.title, in: site))
    }
    if let metric = input.metric {
      probes.append(try MetricProbe(metric, title: input.title, in: site))
    }
    if let check = input.healthCheck {
      probes.append(try HealthCheckProbe(check, title: input.title, in: site))
    }
    if let comparison = input.comparison {
      probes.append(try ComparisonProbe(comparison, title: input.title, in: site))
    }
    if let aws = input.aws { probes.append(try CloudProbe(aws, title: input.title, in: site)) }
    return probes
  }

  /// The rights that checks of the cloud take.
  static func rights(_ inputs: [Input]) -> [StepRight] {
    inputs.flatMap { input -> [StepRight] in
      let uses = [
        input.alarm.map { CloudUse("cloudwatch", "DescribeAlarms", at: $0.account.place, on: "*") },
        input.metric.map { CloudUse("cloudwatch", "GetMetricData", at: $0.account.place, on: "*") },
        input.aws.map { $0.request.use($0.service, $0.account.place) },
      ]
      return (uses.compactMap(\.self) + (input.healthCheck.map(HealthCheckProbe.rights) ?? []))
        .map { .call($0) }
    }
  }

  var titles: [String] { probes.map { site.secrets.redact($0.title) } }

  /// Makes every check once.
  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    var verdicts: [Verdict] = []
    for (index, probe) in probes.enumerated() {
      try pace.checkStop()
      pace.report(Pace.Reading(done: index, total: probes.count, unit: "checks"))
      let verdict = try await probe.look(pace)
      func text(_ detail: String) -> String { site.secrets.redact("\(probe.title): \(detail)") }
      switch verdict {
      case .passed(let detail): verdicts.append(.passed(text(detail)))
      case .failed(let detail): verdicts.append(.failed(text(detail)))
      case .inconclusive(let detail): verdicts.append(.inconclusive(text(detail)))
      }
    }
    return .all(verdicts)
  }
}
