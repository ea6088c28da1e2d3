package import Resources
package import Rollouts

/// Compares what the environments of functions say with each other, and with what they should say.
///
/// It is how the table that is really in use is told: whatever a store of values says, the functions
/// read their environment. A difference fails the step and shows all sides.
package struct FunctionsAgree: Action {
  enum Absence: String, Decodable, Sendable, CaseIterable {
    case refuse
    case ignore
  }

  struct One: Decodable, Sendable {
    var function: String
    var region: String?
    var variable: String
    var equals: String?

    var source: FunctionVariable {
      FunctionVariable(function: function, region: region, variable: variable)
    }
  }

  package struct Own: Decodable, Sendable {
    var functions: [One]
    var equals: String?
    var absent: Absence?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "functions.agree"
  package static let summary = "Compares variables in the environments of Lambda functions."
  package static let reversal = Reversal.exact
  package static let outputs = ["value"]
  package static let inputs: [InputField] =
    [
      .required(
        "functions",
        .list(
          .object(
            FunctionVariable.fields + [
              .optional("equals", .string, "What this one must be; without it the step's 'equals'.")
            ])), "The variables."),
      .optional(
        "equals", .string, "What they must be; without it they must be equal to each other."),
      .optional(
        "absent", .choice(Absence.allCases.map(\.rawValue)),
        "What a function means that is surely not there; one without the variable is never fine.",
        default: Absence.refuse.rawValue),
    ] + CloudAccount.fields

  private let input: Input
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    if input.functions.isEmpty {
      throw .permanent("step \(site.step) names no function", hint: "Mend the playbook.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    input.functions.map { $0.source.right(input.account) }
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    // Applying looks anyway; beforehand it is told what would stop it as things are.
    if site.isPreview, await site.isForeseeable { _ = try await look() }
    return Planned(Plan(), changes: [])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try progress.pace.checkStop()
    let (value, notes) = try await look()
    return StepReport(outputs: ["value": value], notes: notes)
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let (value, _) = try await look()
    let before = report.outputs["value"] ?? ""
    return Verification(
      value.utf8.elementsEqual(before.utf8)
        ? .passed("they agree") : .failed("it was '\(before)' and is '\(value)' now"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}

  // MARK: Looking

  /// The value that those agree on which are bound to no other one.
  private func look() async throws(Failure) -> (value: String, notes: [String]) {
    var problems: [String] = []
    var notes: [String] = []
    var free: [(title: String, value: String)] = []
    for one in input.functions {
      switch try await one.source.reading(input.account, in: site) {
      case .noFunction:
        if input.absent == .ignore {
          notes.append("\(one.source.title): there is no such function")
        } else {
          problems.append("\(one.source.title): there is no such function")
        }
      case .noVariable: problems.append("\(one.source.title) is not set")
      case .value(let value):
        guard let wanted = one.equals ?? input.equals else {
          free.append((one.source.title, value))
          continue
        }
        if !value.utf8.elementsEqual(wanted.utf8) {
          problems.append("\(one.source.title) is '\(value)', not '\(wanted)'")
        }
      }
    }
    if Set(free.map { Array($0.value.utf8) }).count > 1 {
      problems += free.map { "\($0.title) is '\($0.value)'" }
    }
    guard problems.isEmpty else {
      throw .permanent(
        "what the functions use does not agree: \(problems.joined(separator: "; "))",
        hint: "See which one is true ('cutover environments reconcile \(site.environment)'), put "
          + "the other right, then 'cutover retry \(site.step)'.")
    }
    return (free.first?.value ?? input.equals ?? input.functions.first?.equals ?? "", notes)
  }
}
