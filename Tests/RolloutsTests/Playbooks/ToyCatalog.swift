import Resources

@testable import Rollouts

/// A few actions and providers with the shapes that playbooks meet, which do nothing.
enum ToyCatalog {
  static let actions = ActionCatalog([
    ActionDescriptor(Deploy.self), ActionDescriptor(Copy.self), ActionDescriptor(Point.self),
    ActionDescriptor(Destroy.self), ActionDescriptor(Approval.self), ActionDescriptor(Call.self),
  ])

  static let resources = ResourceCatalog([
    provider(
      "process", "process:///stacks/blue", .stack { (_, _) throws(Failure) in throw absent }),
    provider("sqlite", "sqlite:///app.db#users", .table { (_, _) throws(Failure) in throw absent }),
    provider("values", "values:///v.json", .values { (_, _) throws(Failure) in throw absent }),
    provider("dir", "dir:///files", .bucket { (_, _) throws(Failure) in throw absent }),
    provider("zonefile", "zonefile:///zone", .zone { (_, _) throws(Failure) in throw absent }),
    Provider(
      scheme: "rfc2136", summary: "A server.", example: "rfc2136://host/zone?key=…",
      parameters: [.init("key", "The key.")], open: .zone { (_, _) throws(Failure) in throw absent }
    ),
  ])

  static let reader = PlaybookReader(actions: actions, resources: resources)

  private static let absent = Failure.permanent("not there", hint: "")

  private static func provider(
    _ scheme: String, _ example: String, _ opener: Provider.Opener
  ) -> Provider {
    Provider(scheme: scheme, summary: "A toy.", example: example, open: opener)
  }
}

/// An action whose verbs do nothing.
private protocol ToyAction: Action where Plan == NoCheckpoint, Checkpoint == NoCheckpoint {
  init()
}

extension ToyAction {
  static var summary: String { "Does nothing." }
  static var reversal: Reversal { .exact }

  init(_ input: Input, in site: Site) throws(Failure) { self.init() }
  func plan() async throws(Failure) -> Planned<Plan> { Planned(NoCheckpoint(), changes: []) }
  func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport { StepReport() }
  func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}

private struct Deploy: ToyAction {
  struct Input: Decodable, Sendable {
    let stack: ResourceURL
    let port: Int?
    let environment: [String: String]?
  }
  static let name = "stack.deploy"
  static let outputs = ["address", "port"]
  static let inputs: [InputField] = [
    .required("stack", .resource(.stack), "The stack."),
    .optional("port", .integer(1...65535), "The port."),
    .optional("environment", .map(.secretText), "Its environment."),
  ]
}

private struct Copy: ToyAction {
  struct Input: Decodable, Sendable {
    struct Pair: Decodable, Sendable {
      let from: ResourceURL
      let to: ResourceURL
    }
    let pairs: [Pair]
    let workers: Int?
  }
  static let name = "tables.copy"
  static let inputs: [InputField] = [
    .required(
      "pairs",
      .list(
        .object([
          .required("from", .resource(.table), "Where rows come from."),
          .required("to", .resource(.table), "Where rows go."),
        ])), "What is copied."),
    .optional("workers", .integer(1...64), "How many at once.", default: "4"),
  ]
}

private struct Point: ToyAction {
  struct Input: Decodable, Sendable {
    let zone: ResourceURL
    let name: String
    let cname: String
    let ttl: Int?
    let settle: PlaybookDuration?
    let at: String?
    let mode: String?
    let force: Bool?
  }
  static let name = "dns.point"
  static let inputs: [InputField] = [
    .required("zone", .resource(.zone), "The zone."),
    .required("name", .string, "The name."),
    .required("cname", .string, "Where it points."),
    .optional("ttl", .integer(0...86_400), "Seconds.", default: "60"),
    .optional("settle", .duration, "How long to wait."),
    .optional("at", .moment, "When."),
    .optional("mode", .choice(["replace", "append"]), "How.", default: "replace"),
    .optional("force", .boolean, "Whether to insist.", default: "false"),
  ]
}

private struct Destroy: ToyAction {
  struct Input: Decodable, Sendable {
    let stack: ResourceURL
    let approval: String?
  }
  static let name = "stack.destroy"
  static var reversal: Reversal { .none(because: "what is gone is gone") }
  static let inputs: [InputField] = [
    .required("stack", .resource(.stack), "The stack."),
    .optional("approval", .step, "The gate that must have been passed."),
  ]
}

private struct Approval: ToyAction {
  struct Input: Decodable, Sendable {
    let role: String
    let timeOut: PlaybookDuration?
  }
  static let name = "gate.approval"
  static let inputs: [InputField] = [
    .required("role", .string, "Whose word counts."),
    .optional("timeOut", .duration, "How long to wait."),
  ]
  static func gateRule(_ input: Input) -> GateRule? {
    GateRule(role: input.role, people: [], isCommentRequired: true)
  }
}

private struct Call: ToyAction {
  struct Input: Decodable, Sendable {
    let url: String
    let token: String?
  }
  static let name = "http.call"
  static let rollsBackOnFailure = true
  static let inputs: [InputField] = [
    .required("url", .string, "Where."),
    .optional("token", .secretText, "The password."),
    .optional("body", .any, "What."),
  ]
}
