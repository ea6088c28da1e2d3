import JSON
import Resources

/// What ties steps to conditions, invariants, clocks and to the steps that they tidy up after.
extension PlaybookCheck {
  // MARK: Sections

  mutating func readConditions(_ node: JSONNode?) -> [JSONNode.Member] {
    named(node, "conditions")
  }

  mutating func readInvariants(_ node: JSONNode?) -> [JSONNode.Member] {
    let members = named(node, "invariants")
    for member in members {
      let names = PlaybookFields.invariant.map(\.name)
      guard self.members(of: member.value, allowed: names, noun: "an invariant") != nil else {
        continue
      }
      guard let uses = member.value["uses"], let action = uses.string else {
        report(
          "the invariant '\(member.name)' lacks the key 'uses': "
            + PlaybookFields.invariant[0].help, at: member.value.position)
        continue
      }
      if actions.action(named: action) == nil {
        let near = nearest(to: action, in: actions.actions.map(\.name))
        report(
          "there is no action '\(action)'"
            + (near == nil ? "; see 'cutover actions'" : suggestion(near)), at: uses.position)
      }
    }
    return members
  }

  private mutating func named(_ node: JSONNode?, _ noun: String) -> [JSONNode.Member] {
    let members = members(ofNamed: node, noun)
    for member in members where !Self.isName(member.name) {
      report(
        "expected a name of letters, digits, '-' and '_', found '\(member.name)'",
        at: member.nameRange.start)
    }
    return members
  }

  /// A name that nobody uses is a name that somebody misspelt.
  mutating func reportUnused() {
    for member in conditions where !namedConditions.contains(UTF8Key(member.name)) {
      report("no step's 'when' names the condition '\(member.name)'", at: member.nameRange.start)
    }
    for member in invariants where !namedInvariants.contains(UTF8Key(member.name)) {
      report("no step's 'holds' names the invariant '\(member.name)'", at: member.nameRange.start)
    }
  }

  func invariant(_ member: JSONNode.Member) -> PlaybookInvariant? {
    guard let uses = member.value["uses"]?.string, let action = actions.action(named: uses) else {
      return nil
    }
    return PlaybookInvariant(
      name: member.name, uses: uses,
      input: member.value["with"].map { JSONValue($0) } ?? .object([]), fields: action.inputs)
  }

  // MARK: Conditions

  mutating func checkCondition(_ index: Int) {
    let draft = drafts[index]
    guard let node = draft.node["when"] else { return }
    if draft.promotes {
      report(
        "step \(draft.name) promotes, so it cannot be left out; put 'when' on other steps",
        at: node.position)
    }
    for part in node.elements ?? [node] {
      guard let name = ConditionName(part) else {
        checkCondition(part, in: index)
        continue
      }
      guard
        let member = conditions.first(where: { $0.name.hasSameBytes(as: name.text) })
      else {
        report(
          "there is no condition '\(name.text)'"
            + suggestion(nearest(to: name.text, in: conditions.map(\.name))), at: part.position)
        continue
      }
      namedConditions.insert(UTF8Key(member.name))
      checkCondition(member.value, in: index)
    }
  }

  private mutating func checkCondition(_ node: JSONNode, in index: Int) {
    guard node.members != nil else {
      check(node, against: .boolean, in: .step(index))
      return
    }
    let isSound = checkObject(
      node, PlaybookFields.condition, noun: "a condition", in: .step(index))
    if isSound, node["is"] == nil, node["isNot"] == nil {
      report("a condition lacks 'is' or 'isNot', which say what decides", at: node.position)
    }
  }

  func condition(_ node: JSONNode) -> StepCondition {
    StepCondition(
      clauses: (node.elements ?? [node]).map { part in
        guard let name = ConditionName(part),
          let member = conditions.first(where: { $0.name.hasSameBytes(as: name.text) })
        else { return StepCondition.Clause(part) }
        return StepCondition.Clause(member.value, name: member.name, isNegated: name.isNegated)
      })
  }

  // MARK: Closing, invariants and clocks

  mutating func checkLinks(_ index: Int) {
    let draft = drafts[index]
    for (name, position) in draft.closes {
      if draft.promotes { report("a step that promotes cannot close others", at: position) }
      for other in indices(of: name) {
        if drafts[other].promotes {
          report("step '\(name)' promotes, and cannot be done anew; do not close it", at: position)
        } else if !drafts[other].closes.isEmpty {
          report("step '\(name)' closes others itself", at: position)
        } else if let former = drafts[..<index].first(where: { closes($0, other) }) {
          report("step '\(name)' is closed by step \(former.name) already", at: position)
        }
      }
    }
    checkHolds(index)
    if let node = draft.node["deadline"] {
      checkObject(node, PlaybookFields.deadline, noun: "a deadline", in: .step(index))
      for key in ["within", "warn"] {
        guard let value = node[key], value.string?.contains("${") == true else {
          continue
        }
        report("expected a duration such as '24h', without references", at: value.position)
      }
    }
  }

  private func closes(_ draft: DraftStep, _ other: Int) -> Bool {
    draft.closes.contains { indices(of: $0.id).contains(other) }
  }

  private mutating func checkHolds(_ index: Int) {
    let draft = drafts[index]
    guard let node = draft.node["holds"] else { return }
    if node.members != nil {
      checkObject(node, PlaybookFields.holds, noun: "'holds'", in: .step(index))
    } else if node.elements?.contains(where: { $0.string == nil }) ?? true {
      report("expected a list of names of invariants, found \(node.noun)", at: node.position)
    }
    for (name, position) in draft.holds(in: "before") + draft.holds(in: "after") {
      guard let member = invariants.first(where: { $0.name.hasSameBytes(as: name) }) else {
        report(
          "there is no invariant '\(name)'"
            + suggestion(nearest(to: name, in: invariants.map(\.name))), at: position)
        continue
      }
      namedInvariants.insert(UTF8Key(name))
      guard let uses = member.value["uses"]?.string, let action = actions.action(named: uses) else {
        continue
      }
      let with = member.value["with"] ?? JSONNode(kind: .object([]), range: member.value.range)
      checkObject(with, action.inputs, noun: "the input of \(action.name)", in: .step(index))
    }
  }

  func deadline(_ node: JSONNode?) -> StepDeadline? {
    guard let node, let since = node["since"]?.string,
      let within = node["within"]?.string.flatMap({ PlaybookDuration($0) })
    else { return nil }
    return StepDeadline(
      since: since, within: within, warn: node["warn"]?.string.flatMap { PlaybookDuration($0) })
  }
}

/// The name of a condition as a step's `when` has it.
private struct ConditionName {
  let text: String
  let isNegated: Bool

  /// Nil for a value that decides by itself: a reference, a flag, an object.
  init?(_ node: JSONNode) {
    guard let text = node.string, !text.contains("${"), text != "true", text != "false" else {
      return nil
    }
    isNegated = text.first == StepCondition.Clause.negation
    self.text = isNegated ? String(text.dropFirst()) : text
  }
}

extension DraftStep {
  /// The invariants that must hold at one of its ends.
  func holds(in end: String) -> [(text: String, position: JSONPosition)] {
    guard let holds = node["holds"] else { return [] }
    let list = holds.members == nil ? holds : holds[end]
    return (list?.elements ?? []).compactMap { element in
      element.string.map { ($0, element.position) }
    }
  }
}
