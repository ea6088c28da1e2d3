import JSON
import Resources

/// A step as far as it could be read.
struct DraftStep {
  let node: JSONNode
  let id: String?
  let uses: String?
  let action: ActionDescriptor?
  /// The steps named by `after`; nil without the key.
  let after: [(id: String, position: JSONPosition)]?
  let promotes: Bool
  let behaviour: PlaybookCheck.Behaviour
  /// The steps named by `closes`.
  let closes: [(id: String, position: JSONPosition)]
  /// Which of several steps it is that stand as one; nil for a step of its own.
  let share: StepShare?

  /// Where messages about the whole step point: its id, which a person searches for.
  var position: JSONPosition { node["id"]?.position ?? node.position }

  /// In messages.
  var name: String { id.map { "'\($0)'" } ?? "without a name" }

  /// What other steps may call it.
  var names: [String] { [id, share?.name].compactMap(\.self) }

  /// Whether it does what cannot be undone, whatever its input says.
  var isDestroying: Bool { action.map { !$0.reversal.isReversible } ?? false }
}

extension PlaybookCheck {
  mutating func readSteps(_ root: JSONNode, _ defaults: Behaviour) -> [Playbook.Step] {
    guard let node = root["steps"] else {
      report("the key 'steps' is missing; it lists what is done", at: root.position)
      return []
    }
    guard let elements = node.elements, !elements.isEmpty else {
      report("expected a list of at least one step, found \(node.noun)", at: node.position)
      return []
    }
    guard elements.count <= PlaybookFields.stepsMax else {
      report(
        "expected at most \(PlaybookFields.stepsMax) steps, found \(elements.count)",
        at: node.position)
      return []
    }
    drafts = elements.flatMap { fannedOut($0) }.map { readStep($0.node, $0.share, defaults) }
    guard drafts.count <= PlaybookFields.stepsMax else {
      report(
        "expected at most \(PlaybookFields.stepsMax) steps, found \(drafts.count) with those of "
          + "'each'", at: node.position)
      return []
    }
    checkNames()
    graph = StepGraph(after: drafts.indices.map { predecessors(of: $0) })
    checkCycles()
    for index in drafts.indices {
      checkCondition(index)
      checkLinks(index)
      checkInput(index)
    }
    checkPromotion()
    return drafts.indices.compactMap { step($0) }
  }

  // MARK: One step

  private mutating func readStep(
    _ node: JSONNode, _ share: StepShare?, _ defaults: Behaviour
  ) -> DraftStep {
    let names = PlaybookFields.step.map(\.name)
    let known = members(of: node, allowed: names, noun: "a step") != nil
    let id = known ? readID(node) : nil
    let uses = known ? readUses(node) : nil
    let action = uses.flatMap { actions.action(named: $0) }
    if let title = node["title"], title.string == nil {
      report("expected a text, found \(title.noun)", at: title.position)
    }
    if let promotes = node["promotes"], promotes.bool == nil {
      report("expected true or false, found \(promotes.noun)", at: promotes.position)
    }
    return DraftStep(
      node: node, id: id, uses: uses, action: action, after: readAfter(node["after"]),
      promotes: node["promotes"]?.bool ?? false, behaviour: readBehaviour(node, defaults),
      closes: readAfter(node["closes"]) ?? [], share: share)
  }

  private mutating func readID(_ node: JSONNode) -> String? {
    guard let value = node["id"] else {
      report("a step lacks the key 'id': \(PlaybookFields.step[0].help)", at: node.position)
      return nil
    }
    guard let id = value.string, Self.isName(id) else {
      report(
        "expected an id of letters, digits, '-' and '_', at most \(PlaybookFields.nameLengthMax), "
          + "found \(value.noun)", at: value.position)
      return nil
    }
    return id
  }

  private mutating func readUses(_ node: JSONNode) -> String? {
    guard let value = node["uses"] else {
      report("a step lacks the key 'uses': \(PlaybookFields.step[1].help)", at: node.position)
      return nil
    }
    guard let name = value.string else {
      report("expected the name of an action, found \(value.noun)", at: value.position)
      return nil
    }
    if actions.action(named: name) == nil {
      let names = actions.actions.map(\.name)
      let near = nearest(to: name, in: names)
      report(
        "there is no action '\(name.prefix(PlaybookFields.nameLengthMax))'"
          + (near == nil ? "; see 'cutover actions'" : suggestion(near)), at: value.position)
    }
    return name
  }

  private mutating func readAfter(
    _ node: JSONNode?
  ) -> [(id: String, position: JSONPosition)]? {
    guard let node else { return nil }
    guard let elements = node.elements else {
      report("expected a list of step ids, found \(node.noun)", at: node.position)
      hasSoundOrder = false
      return []
    }
    var result: [(id: String, position: JSONPosition)] = []
    for element in elements {
      guard let id = element.string else {
        report("expected the id of a step, found \(element.noun)", at: element.position)
        hasSoundOrder = false
        continue
      }
      if result.contains(where: { $0.id.hasSameBytes(as: id) }) {
        report("step '\(id)' is named twice", at: element.position)
      } else {
        result.append((id, element.position))
      }
    }
    return result
  }

  // MARK: Names and order

  private func index(of id: String) -> Int? {
    drafts.firstIndex { $0.id?.hasSameBytes(as: id) == true }
  }

  /// The steps that a name stands for: one, or all that one entry with 'each' makes.
  func indices(of name: String) -> [Int] {
    drafts.indices.filter {
      drafts[$0].id?.hasSameBytes(as: name) == true
        || drafts[$0].share?.name.hasSameBytes(as: name) == true
    }
  }

  private mutating func checkNames() {
    for (index, draft) in drafts.enumerated() {
      guard let id = draft.id, let first = self.index(of: id) else { continue }
      if first != index {
        report(
          "there are two steps '\(id)'; the first one is at \(drafts[first].position)",
          at: draft.position)
      }
      for (name, position) in (draft.after ?? []) + draft.closes {
        if indices(of: name).contains(index) {
          report("step '\(id)' cannot wait for itself", at: position)
        } else if indices(of: name).isEmpty {
          let near = nearest(to: name, in: drafts.flatMap(\.names))
          report("there is no step '\(name)'" + suggestion(near), at: position)
          hasSoundOrder = false
        }
      }
    }
  }

  private func predecessors(of index: Int) -> [Int] {
    let draft = drafts[index]
    // One of several in turn waits for the one before; the first of them for what all wait for.
    if let share = draft.share, !share.isTogether, share.place > 0 { return [index - 1] }
    let first = index - (draft.share?.place ?? 0)
    let named = draft.after ?? []
    var result = (named + draft.closes).flatMap { indices(of: $0.id) }.filter { $0 != index }
    if draft.after == nil, draft.closes.isEmpty, first > 0 {
      let above = first - 1
      result += drafts[above].share.map { indices(of: $0.name) } ?? [above]
    }
    var seen: Set<Int> = []
    return result.filter { seen.insert($0).inserted }
  }

  private mutating func checkCycles() {
    if !graph.cycles.isEmpty { hasSoundOrder = false }
    for cycle in graph.cycles {
      guard let first = cycle.first else { continue }
      let names = (cycle + [first]).map { drafts[$0].id ?? "?" }.joined(separator: " → ")
      let next = cycle.count > 1 ? cycle[1] : first
      let named = drafts[first].after?.first { indices(of: $0.id).contains(next) }
      report(
        "steps wait for each other in a circle: \(names)",
        at: named?.position ?? drafts[first].position)
    }
  }

  // MARK: Input and result

  private mutating func checkInput(_ index: Int) {
    let draft = drafts[index]
    let with = draft.node.member("with")
    guard let action = draft.action else {
      if let with { check(with.value, against: nil, in: .step(index)) }
      return
    }
    let noun = "the input of \(action.name)"
    if let with {
      checkObject(
        with.value, action.inputs, noun: noun, in: .step(index), missingAt: with.nameRange.start)
    } else {
      for field in action.inputs where field.isRequired {
        report("\(noun) lacks the key '\(field.name)': \(field.help)", at: draft.position)
      }
    }
  }

  private func step(_ index: Int) -> Playbook.Step? {
    let draft = drafts[index]
    guard let id = draft.id, let uses = draft.uses, let action = draft.action,
      let backOff = draft.behaviour.backOff
    else { return nil }
    return Playbook.Step(
      id: id, uses: uses, title: draft.node["title"]?.string,
      after: predecessors(of: index).compactMap { drafts[$0].id },
      input: draft.node["with"].map { JSONValue($0) } ?? .object([]),
      attempts: draft.behaviour.attempts, backOff: backOff, timeLimit: draft.behaviour.timeLimit,
      rollsBackOnFailure: draft.behaviour.rollsBackOnFailure ?? action.rollsBackOnFailure,
      promotes: draft.promotes, position: draft.position,
      condition: draft.node["when"].map { condition($0) },
      closes: draft.closes.flatMap { indices(of: $0.id) }.compactMap { drafts[$0].id },
      deadline: deadline(draft.node["deadline"]),
      before: draft.holds(in: "before").map(\.text),
      afterwards: draft.holds(in: "after").map(\.text), fields: action.inputs)
  }
}
