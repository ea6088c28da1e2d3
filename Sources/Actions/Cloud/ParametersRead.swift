import JSON
package import Resources
package import Rollouts

/// Reads parameters of SSM into outputs, for the steps that follow.
///
/// Outputs stand in the journal, so an encrypted parameter is refused: it is a secret, and is
/// written `${secret:ssm:/name}` where it is used.
package struct ParametersRead: Action {
  package struct Own: Decodable, Sendable {
    var parameters: [String: String]
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "aws.parameters"
  package static let summary = "Reads SSM parameters into outputs."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] =
    [.required("parameters", .map(.string), "Names of parameters, by the outputs they become.")]
    + CloudAccount.fields

  /// The most that one GetParameters takes.
  private static let batchMax = 10

  private let input: Input
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    Set(input.parameters.values).sorted().map { name in
      let path = name.hasPrefix("/") ? name : "/\(name)"
      return .call(
        CloudUse(
          "ssm", "GetParameters", at: input.account.place,
          on: name.hasPrefix("arn:") ? name : input.account.name("ssm", "parameter\(path)")))
    }
  }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let names = Set(input.parameters.values).sorted()
    var values: [String: String] = [:]
    for start in stride(from: 0, to: names.count, by: Self.batchMax) {
      try progress.pace.checkStop()
      let batch = names[start..<min(start + Self.batchMax, names.count)]
      values.merge(try await read(Array(batch))) { $1 }
    }
    var outputs: [String: String] = [:]
    for (output, name) in input.parameters {
      guard let value = values[name] else {
        throw .permanent(
          "there is no SSM parameter '\(name)'", hint: "Correct its name, or its region.")
      }
      outputs[output] = value
    }
    return StepReport(outputs: outputs)
  }

  private func read(_ names: [String]) async throws(Failure) -> [String: String] {
    let answer = try await CloudQuestion(site: site, account: input.account).ask(
      "ssm", "GetParameters", ["Names": .array(names.map { .string($0) })],
      "the parameters \(names.joined(separator: ", "))")
    var values: [String: String] = [:]
    for parameter in answer["Parameters"]?.elements ?? [] {
      guard let value = parameter["Value"]?.string, let name = parameter["Name"]?.string else {
        continue
      }
      if parameter["Type"]?.string == "SecureString" {
        throw .refused(
          "the SSM parameter '\(name)' is a secret, which no output may hold",
          hint: "Write ${secret:ssm:\(name)} where it is used.")
      }
      // A version or label (name:3) that was asked for comes back in a field of its own, or not.
      let version = parameter["Version"].map { ":\(CommandOutputs.text($0))" }
      let selectors = parameter["Selector"]?.string.map { [$0] } ?? ["", version ?? ""]
      for full in [name, parameter["ARN"]?.string].compactMap(\.self) {
        for selector in selectors { values[full + selector] = value }
      }
    }
    return values
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
