import JSON
package import Resources
package import Rollouts

/// Changes single variables in the environment of a function and keeps all others.
///
/// The change is bound to the revision that was read, so that nobody else's is lost, and it is done
/// when Lambda says that the update was successful. Only names are ever shown or recorded: values
/// may be secrets of others. Undo puts back what still holds what this step wrote.
package struct FunctionEnvironment: Action {
  package struct Replacement: Decodable, Sendable {
    var from: String
    var to: String
  }

  package struct Own: Decodable, Sendable {
    var function: String
    var set: [String: String]?
    var remove: [String]?
    var replace: [String: Replacement]?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>
  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "lambda.environment"
  package static let summary = "Changes variables in a function's environment, keeping the others."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] =
    [
      .required("function", .string, "The function's name or ARN."),
      .optional("set", .map(.secretText), "Variables and their values."),
      .optional("remove", .list(.string), "Variables that go."),
      .optional(
        "replace",
        .map(
          .object([
            .required("from", .string, "The text that goes, wherever the value holds it."),
            .required("to", .string, "What stands there then."),
          ])), "Variables in whose value a text is replaced; one without it is refused."),
      .optional("every", .duration, "The pause between two looks.", default: "3s"),
      .optional("within", .duration, "How long all of it may take.", default: "10m"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(3)
  private static let withinDefault: Duration = .seconds(600)

  private let input: Input
  private let site: Site
  private let place: CloudPlace
  private let names: [String]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    place = FunctionConfiguration.place(of: input.function, region: nil, input.account)
    names =
      ((input.set ?? [:]).keys + (input.remove ?? []) + (input.replace ?? [:]).keys).sorted()
    guard !names.isEmpty, Set(names).count == names.count else {
      throw .permanent(
        "step \(site.step) changes no variable, or one of them twice",
        hint: "Name each variable once, under 'set', 'remove' or 'replace'.")
    }
    for (name, replacement) in input.replace ?? [:] where replacement.from.isEmpty {
      throw .permanent(
        "step \(site.step) replaces nothing in \(name)", hint: "Say which text is replaced.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let place = FunctionConfiguration.place(of: input.function, region: nil, input.account)
    let arn = FunctionConfiguration.arn(of: input.function, at: place)
    return [
      .look(CloudUse("lambda", "GetFunctionConfiguration", at: place, on: arn)),
      .call(CloudUse("lambda", "UpdateFunctionConfiguration", at: place, on: arn)),
    ]
  }

  private var title: String { "the environment of the function \(input.function)" }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let changes = ["change \(names.joined(separator: ", ")) in \(title)"]
    guard let found = try await FunctionConfiguration.read(input.function, at: place, in: site)
    else {
      if site.isPreview { return Planned(Plan(), changes: changes) }
      throw missing
    }
    if !site.isPreview {
      let former = try FormerVariables.read(in: site.workFolder) ?? self.former(found)
      _ = try await wanted(former)
    }
    return Planned(Plan(), changes: changes)
  }

  private var missing: Failure {
    .permanent(
      "there is no function \(input.function)", hint: "Correct its name or its region.")
  }

  private func former(_ found: FunctionConfiguration) -> FormerVariables {
    var values: [String: String?] = [:]
    for name in names { values[name] = .some(found.variables[name]) }
    return FormerVariables(values: values)
  }

  /// What the named variables are to be; nil for those that go.
  private func wanted(_ former: FormerVariables) async throws(Failure) -> [String: String?] {
    var wanted: [String: String?] = [:]
    for (name, value) in input.set ?? [:] {
      wanted[name] = .some(try await site.secrets.reveal(value))
    }
    for name in input.remove ?? [] { wanted[name] = .some(nil) }
    for (name, replacement) in input.replace ?? [:] {
      guard let value = former.values[name] ?? nil else {
        throw .refused(
          "there is no variable \(name) in \(title)", hint: "Correct its name.")
      }
      if value.contains(replacement.from) {
        wanted[name] = .some(value.replacing(replacement.from, with: replacement.to))
      } else if value.contains(replacement.to) {
        wanted[name] = .some(value)
      } else {
        throw .refused(
          "\(name) in \(title) holds neither '\(replacement.from)' nor '\(replacement.to)'",
          hint: "Find out what it names; it is not shown, since it may be a secret.")
      }
    }
    return wanted
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    let end = pace.limitBegin(began) + (input.within?.duration ?? Self.withinDefault)
    try await change(until: end, pace) { (found) async throws(Failure) in
      let former: FormerVariables
      if let kept = try FormerVariables.read(in: site.workFolder) {
        former = kept
      } else {
        former = self.former(found)
        try await former.write(in: site.workFolder)
      }
      return try await wanted(former)
    }
    return StepReport(notes: ["\(names.joined(separator: ", ")) changed in \(title)"])
  }

  /// Reads, changes what `wanted` says and waits, until that is what is there.
  private func change(
    until end: Timestamp, _ pace: Pace,
    _ wanted: (FunctionConfiguration) async throws(Failure) -> [String: String?]
  ) async throws(Failure) {
    var hasSent = false
    while true {
      try pace.checkStop()
      guard let found = try await FunctionConfiguration.read(input.function, at: place, in: site)
      else { throw missing }
      var reason = "an update is under way"
      if found.updateStatus != "InProgress" {
        let values = try await wanted(found)
        if values.allSatisfy({ Self.isSame(found.variables[$0.key], $0.value) }) {
          guard found.updateStatus != "Failed" || !hasSent else {
            throw .permanent(
              "the update of \(title) failed: \(found.updateReason)",
              hint: "Mend the function, then 'cutover retry \(site.step)'.")
          }
          return
        }
        reason = try await send(found, values) ?? "its update"
        hasSent = true
      }
      let next = pace.clock.now() + (input.every?.duration ?? Self.everyDefault)
      guard next <= end else {
        throw .permanent(
          "\(title) is not changed in time: \(reason)",
          hint: "Look at the function, then 'cutover retry \(site.step)'.")
      }
      try await pace.wait(until: next, for: "\(title) (\(reason))")
    }
  }

  private static func isSame(_ left: String?, _ right: String?) -> Bool {
    switch (left, right) {
    case (nil, nil): true
    case (let left?, let right?): left.hasSameBytes(as: right)
    case (nil, _?), (_?, nil): false
    }
  }

  /// Sends the whole environment, bound to the revision that was read; why not yet, or nil.
  private func send(
    _ found: FunctionConfiguration, _ values: [String: String?]
  ) async throws(Failure) -> String? {
    var variables = found.variables
    for (name, value) in values { variables[name] = value }
    let members = variables.sorted { $0.key < $1.key }.map {
      JSONValue.Member($0.key, .string($0.value))
    }
    var body: JSONValue = ["Environment": ["Variables": .object(members)]]
    if let revision = found.revision { body["RevisionId"] = .string(revision) }
    let answer: CloudService.Answer
    do throws(Failure) {
      answer = try await CloudService("lambda", at: place, in: site).call(
        "UpdateFunctionConfiguration", body, about: title,
        route: ("PUT", FunctionConfiguration.path(of: input.function, "/configuration")))
    } catch {
      throw scrubbed(error, variables)
    }
    switch answer {
    case .answer: return nil
    case .error(let code, let failure):
      switch code {
      case "PreconditionFailedException": return "somebody else changed it"
      case "ResourceConflictException": return "an update is under way"
      case _: throw scrubbed(failure, variables)
      }
    }
  }

  /// Shorter values would be struck out of ordinary words.
  private static let scrubbedMin = 4

  /// The failure without any value: Lambda repeats a whole environment that is too large.
  private func scrubbed(_ failure: Failure, _ variables: [String: String]) -> Failure {
    if failure.kind == .cancelled { return failure }
    var text = failure.summary
    if let range = text.firstRange(of: "String measured") {
      text = text[..<range.lowerBound] + "(its values are not shown)"
    }
    for value in variables.values.sorted(by: { $0.count > $1.count })
    where value.utf8.count >= Self.scrubbedMin {
      text = text.replacing(value, with: "[value]")
    }
    return Failure(failure.kind, text, hint: failure.hint)
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let found = try await FunctionConfiguration.read(input.function, at: place, in: site)
    else { return Verification(.failed(missing.summary)) }
    guard let former = try FormerVariables.read(in: site.workFolder) else {
      return Verification(.inconclusive("what \(title) was is not known any more"))
    }
    let wrong = try await wanted(former).filter {
      !Self.isSame(found.variables[$0.key], $0.value)
    }
    if !wrong.isEmpty {
      let list = wrong.keys.sorted().joined(separator: ", ")
      return Verification(.failed("\(list) in \(title) is not what was set"))
    }
    return Verification(
      found.updateStatus == "Successful"
        ? .passed("\(names.joined(separator: ", ")) as set")
        : .failed("the update is \(found.updateStatus): \(found.updateReason)"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let former = try FormerVariables.read(in: site.workFolder) else { return }
    let ours = try await wanted(former)
    guard try await FunctionConfiguration.read(input.function, at: place, in: site) != nil else {
      try await pace.note("there is no function \(input.function) any more to put back")
      return
    }
    var left: Set<String> = []
    let end = pace.clock.now() + (input.within?.duration ?? Self.withinDefault)
    try await change(until: end, pace) { (found) async throws(Failure) in
      var values: [String: String?] = [:]
      for (name, value) in former.values {
        let there = found.variables[name]
        if Self.isSame(there, ours[name] ?? nil) {
          values[name] = .some(value)
        } else if !Self.isSame(there, value) {
          left.insert(name)
        }
      }
      return values
    }
    if !left.isEmpty {
      try await pace.note(
        "\(left.sorted().joined(separator: ", ")) in \(title) was changed since, and stays")
    }
  }
}
