import JSON
package import Resources
package import Rollouts

/// Runs a step by an executable of somebody else's, `cutover-action-NAME`.
///
/// It speaks JSON on standard input and output (`docs/plugins.md`), gets only the environment that
/// the playbook declares, and is trusted with nothing: floods, silence and lies fail the step.
package struct Plugin: Action {
  package struct Input: Decodable, Sendable {
    var name: String
    var path: String?
    var sha256: String?
    var with: JSONValue?
    var environment: [String: String]?
    var inherit: [String]?
    var folder: String?
    var timeLimit: PlaybookDuration?
  }

  package struct Plan: Codable, Sendable {
    /// The plug-in's own plan.
    var plan: JSONValue
    var isReversible: Bool
    /// Of the program that planned.
    var digest: String
  }

  package struct Checkpoint: Codable, Sendable {
    var checkpoint: JSONValue
  }

  package static let name = "plugin"
  package static let summary = "Runs a step by an executable of your own, cutover-action-NAME."
  package static let reversal = Reversal.compensating("as the plug-in's own plan says")
  package static let inputs: [InputField] =
    [
      .required("name", .string, "Which plug-in: cutover-action-NAME is looked for in PATH."),
      .optional("path", .string, "Where the executable is, instead of looking in PATH."),
      .optional(
        "sha256", .string, "The digest that the executable must have each time it is started."),
      .optional("with", .any, "What the plug-in is told."),
    ] + ProgramSurroundings.fields(timeLimit: "1h")

  private static let timeLimitDefault: Duration = .seconds(3600)
  private static let changesMax = 1000
  private static let changeMax = 500

  private let input: Input
  private let site: Site
  private let executable: PluginProgram
  private let program: StepProgram

  /// The plug-in plans itself, with all that it is given.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    [.reveal((input.environment ?? [:]).values.sorted())]
  }

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    let isName = input.name.utf8.allSatisfy {
      (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46
    }
    guard isName, input.name.utf8.first.map({ $0 != 45 && $0 != 46 }) == true else {
      throw .permanent(
        "step \(site.step): '\(input.name)' cannot be the name of a plug-in",
        hint: "Names are of lower-case letters, digits, '-' and '.'.")
    }
    if let pin = input.sha256, pin.utf8.count != 64 || !pin.allSatisfy(\.isHexDigit) {
      throw .permanent(
        "step \(site.step): '\(pin)' is not a SHA-256", hint: "Write the 64 digits of sha256sum.")
    }
    if input.with?.text.contains("${secret:") == true {
      throw .permanent(
        "step \(site.step) puts a secret into what its plug-in is told",
        hint: "Hand secrets on through 'environment'.")
    }
    executable = PluginProgram(
      name: input.name, path: input.path, sha256: input.sha256, site: site)
    program = StepProgram(
      site: site,
      surroundings: StepProgram.Surroundings(
        environment: input.environment ?? [:],
        inherit: input.inherit ?? ProgramSurroundings.inheritDefault, folder: input.folder,
        timeLimit: input.timeLimit?.duration ?? Self.timeLimitDefault))
  }

  private var title: String { "plug-in \(input.name)" }

  private func call(_ path: String) -> PluginCall {
    PluginCall(program: program, path: path, title: title)
  }

  private func request(_ verb: String) -> JSONValue {
    [
      "protocol": JSONValue(PluginMessage.version), "verb": .string(verb),
      "rollout": .string(site.rollout), "environment": .string(site.environment),
      "step": .string(site.step), "from": .string(site.from.rawValue),
      "to": .string(site.to.rawValue), "preview": .bool(site.isPreview),
      "input": input.with ?? .object([]),
    ]
  }

  // MARK: Verbs

  package func plan() async throws(Failure) -> Planned<Plan> {
    let (path, digest) = try executable.prepare()
    let call = call(path)
    let result = try await call.run(request("plan"), isMarked: false, pace: nil, save: nil)
    let plan = result["plan"] ?? .null
    do throws(PluginMistake) { try PluginMessage.checkSize(plan, "plan") } catch {
      throw call.broken(error.description)
    }
    let changes = result["changes"]?.elements ?? []
    guard changes.count <= Self.changesMax, changes.allSatisfy({ $0.string != nil }) else {
      throw call.broken("its changes are not a list of at most \(Self.changesMax) texts")
    }
    let reversal = try reversal(result, call)
    return Planned(
      Plan(plan: plan, isReversible: reversal.isReversible, digest: digest),
      changes: changes.compactMap(\.string).map {
        site.secrets.excerpt($0, atMost: Self.changeMax)
      },
      estimate: Estimate(seconds: result["seconds"]?.integer.map(Double.init)), reversal: reversal)
  }

  private func reversal(_ result: JSONValue, _ call: PluginCall) throws(Failure) -> Reversal {
    let because = result["because"]?.string ?? "the plug-in says so"
    switch result["reversal"]?.string {
    case "exact": return .exact
    case "compensating": return .compensating(because)
    case "none": return .none(because: because)
    case _:
      throw call.broken("its plan has the reversal \(result["reversal"]?.text ?? "none at all")")
    }
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    try await program.settleLeftovers(isStopping: true, pace: pace)
    let call = try await prepared(plan, pace)
    if !plan.isReversible { try await progress.crossPointOfNoReturn() }
    var request = request("apply")
    request["plan"] = plan.plan
    request["checkpoint"] = checkpoint?.checkpoint ?? .null
    let result = try await call.run(request, isMarked: true, pace: pace) {
      (value) async throws(Failure) in
      try await progress.save(Checkpoint(checkpoint: value))
    }
    var outputs: [String: String] = [:]
    for member in result["outputs"]?.members ?? [] {
      outputs[member.name] = CommandOutputs.text(member.value)
    }
    return StepReport(
      outputs: outputs, notes: result["notes"]?.elements?.compactMap(\.string) ?? [])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let call = try await prepared(plan, pace)
    var request = request("verify")
    request["plan"] = plan.plan
    request["outputs"] = .object(
      report.outputs.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) })
    let result = try await call.run(request, isMarked: false, pace: pace, save: nil)
    let detail = result["detail"]?.string ?? "the plug-in says so"
    switch result["verdict"]?.string {
    case "passed": return Verification(.passed(detail))
    case "failed": return Verification(.failed(detail))
    case "inconclusive": return Verification(.inconclusive(detail))
    case _: throw call.broken("its verdict is \(result["verdict"]?.text ?? "missing")")
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    try await program.settleLeftovers(isStopping: true, pace: pace)
    let call = try await prepared(plan, pace)
    var request = request("undo")
    request["plan"] = plan.plan
    request["checkpoint"] = checkpoint?.checkpoint ?? .null
    _ = try await call.run(request, isMarked: true, pace: pace, save: nil)
  }

  private func prepared(_ plan: Plan, _ pace: Pace) async throws(Failure) -> PluginCall {
    let (path, digest) = try executable.prepare()
    if digest != plan.digest {
      try await pace.note("\(title) is not the program that planned: its SHA-256 is \(digest)")
    }
    return call(path)
  }
}
