import Resources
import Rollouts

/// What must be so before a stack is destroyed; every doubt counts as a no.
struct DestructionInterlock: Sendable {
  enum Waivable: String, Codable, Sendable, CaseIterable {
    case bake
    case approval
    /// What DNS shows, and that the playbook says how to tell at all.
    case dns
    case ledgers
    /// What the store of values and the functions of the 'live' section say.
    case values
  }

  private let target: ResourceURL
  private let requirements: StackDestroy.Requirements?
  private let site: Site

  init(target: ResourceURL, requirements: StackDestroy.Requirements?, site: Site) {
    self.target = target
    self.requirements = requirements
    self.site = site
  }

  /// Throws `.refused` naming every interlock that holds.
  func check() async throws(Failure) {
    let problems = try await problems()
    guard problems.isEmpty else {
      throw .refused(
        "\(target) is not destroyed: \(problems.joined(separator: "; "))",
        hint: "Put these right, then 'cutover retry \(site.step)'; nothing was destroyed.")
    }
  }

  func problems() async throws(Failure) -> [String] {
    let record = await site.record()
    var problems: [String] = []
    if record.live != site.to {
      problems.append(
        "the journal says that \(record.live.rawValue) is live, not \(site.to.rawValue)")
    }
    if let problem = promotion(record) { problems.append(problem) }
    if !isWaived(.bake), let problem = earlier(record, "bake", "bake", requirements?.bake) {
      problems.append(problem)
    }
    if !isWaived(.approval),
      let problem = earlier(record, "approval", "gate.approval", requirements?.approval)
    {
      problems.append(problem)
    }
    if !isWaived(.ledgers) { problems += ledgers(record) }
    problems += try await outside()
    return problems
  }

  private func isWaived(_ interlock: Waivable) -> Bool {
    requirements?.waive?.contains(interlock) ?? false
  }

  private func promotion(_ record: RolloutRecordView) -> String? {
    guard let step = record.steps.first(where: \.promotes) else {
      return "no step of the playbook promotes \(site.to.rawValue)"
    }
    return step.state == .done ? nil : "the promoting step \(step.id) is \(step.state.word)"
  }

  /// What is wrong with the steps of an action between the promotion and this one.
  private func earlier(
    _ record: RolloutRecordView, _ noun: String, _ action: String, _ id: String?
  ) -> String? {
    let start = record.steps.firstIndex(where: \.promotes).map { $0 + 1 } ?? 0
    let own = record.steps.firstIndex { $0.id == site.step } ?? record.steps.endIndex
    let later = record.steps[start..<max(start, own)].filter { $0.action == action }
    if let id {
      guard let step = later.first(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
        return "\(noun): '\(id)' is not a \(action) step between the promotion and this one"
      }
      return step.state == .done ? nil : "\(noun): step \(id) is \(step.state.word)"
    }
    if later.isEmpty {
      return "\(noun): no \(action) step stands between the promotion and this one"
    }
    let open = later.filter { $0.state != .done }
    return open.isEmpty
      ? nil
      : "\(noun): " + open.map { "step \($0.id) is \($0.state.word)" }.joined(separator: ", ")
  }

  private func ledgers(_ record: RolloutRecordView) -> [String] {
    record.steps.filter { $0.id != site.step }.flatMap { step -> [String] in
      if Self.copying.contains(step.action), step.state != .done {
        return ["ledgers: step \(step.id) is \(step.state.word)"]
      }
      if Self.copying.contains(step.action), step.ledgers.isEmpty {
        return ["ledgers: step \(step.id) left no ledger"]
      }
      return step.ledgers.compactMap(\.imbalance).map { "ledgers: \($0)" }
    }
  }

  /// The actions that carry data over, each of which must leave a ledger.
  private static let copying: Set<String> = ["tables.copy", "buckets.sync", "users.copy"]

  private func outside() async throws(Failure) -> [String] {
    guard let live = site.live else {
      return isWaived(.dns) ? [] : ["dns: the playbook has no 'live' section to tell by"]
    }
    var problems: [String] = []
    if let own = live.sign(of: site.from).stack, !own.isSame(as: target) {
      problems.append("the stack of \(site.from.rawValue) is \(own), not this one")
    } else if live.sign(of: site.from).stack == nil, !isWaived(.dns) {
      problems.append("dns: the 'live' section does not name the stack of \(site.from.rawValue)")
    }
    problems += try await liveStack(live)
    if !isWaived(.dns) { problems += try await names(live) }
    if !isWaived(.values) {
      problems += try await LiveValues.look(live, in: site).objections(to: site.to)
        .map { "values: \($0)" }
    }
    return problems
  }

  private func liveStack(_ live: LiveIndicator) async throws(Failure) -> [String] {
    guard let url = live.sign(of: site.to).stack else {
      return isWaived(.dns)
        ? [] : ["dns: the 'live' section does not name the stack of \(site.to.rawValue)"]
    }
    do throws(Failure) {
      if try await site.isSameStack(url, target) {
        return ["\(target) is the stack of \(site.to.rawValue), which is live"]
      }
      guard let found = try await site.stack(url).description() else {
        return ["the live stack \(url) is not there"]
      }
      return found.state == .healthy ? [] : ["the live stack \(url) is \(found.state.rawValue)"]
    } catch {
      if error.kind == .cancelled { throw error }
      return ["how the live stack \(url) is cannot be told: \(error.summary)"]
    }
  }

  private func names(_ live: LiveIndicator) async throws(Failure) -> [String] {
    let sign = live.sign(of: site.to)
    return try await LiveSighting.look(live, in: site).sources.compactMap { source in
      switch source.finding {
      case .shows(let values):
        if LiveSighting.matches(values, sign, of: live) { return nil }
        let found = values.isEmpty ? "nothing" : values.joined(separator: ", ")
        return "dns: \(source.name) shows \(found) at \(live.recordName), not \(sign.value)"
      case .cannotTell(let reason): return "dns: \(source.name) cannot be asked: \(reason)"
      }
    }
  }
}
