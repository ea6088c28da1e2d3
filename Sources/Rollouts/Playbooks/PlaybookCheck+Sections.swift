import JSON
import Resources

/// The sections beside the steps: parameters, colours, defaults, and the sign of life.
extension PlaybookCheck {
  /// What holds for every step that does not say otherwise.
  struct Behaviour {
    var attempts = 3
    var backOff = PlaybookDuration("2s")
    var timeLimit: PlaybookDuration?
    /// Nil where the playbook leaves it to the action.
    var rollsBackOnFailure: Bool?
  }

  // MARK: Parameters

  /// Reads the parameters in order, so that each may refer to those above it.
  mutating func readParameters(
    _ node: JSONNode?, _ overrides: [ParameterOverride]
  ) -> (values: [JSONValue.Member], given: [JSONValue.Member]) {
    let declared = members(ofNamed: node, "parameters")
    if declared.count > PlaybookFields.parametersMax, let node {
      report("expected at most \(PlaybookFields.parametersMax) parameters", at: node.position)
      return ([], [])
    }
    reportUnknown(overrides, declared: declared.map(\.name))
    var latest: [UTF8Key: ParameterOverride] = [:]
    for override in overrides { latest[UTF8Key(override.name)] = override }
    coming = Set(declared.map { UTF8Key($0.name) })

    var values: [JSONValue.Member] = []
    var given: [JSONValue.Member] = []
    for member in declared {
      checkParameterName(member)
      let value: JSONValue?
      if let override = latest[UTF8Key(member.name)] {
        let typed = typed(override, as: JSONValue(member.value))
        if let typed { given.append(.init(member.name, typed)) }
        value = typed.flatMap { resolved($0, from: override) }
      } else if case .null = member.value.kind {
        report(
          "the parameter '\(member.name)' must be given: --set \(member.name)=…",
          at: member.value.position)
        value = nil
      } else {
        value = resolved(member.value)
      }
      coming.remove(UTF8Key(member.name))
      guard let value else {
        brokenParameters.insert(UTF8Key(member.name))
        continue
      }
      scope.parameters[UTF8Key(member.name)] = value
      values.append(.init(member.name, value))
    }
    return (values, given)
  }

  mutating func members(ofNamed node: JSONNode?, _ noun: String) -> [JSONNode.Member] {
    guard let node else { return [] }
    guard let members = node.members else {
      report("expected an object with the \(noun), found \(node.noun)", at: node.position)
      return []
    }
    return members
  }

  private mutating func checkParameterName(_ member: JSONNode.Member) {
    if Reference.reserved.contains(where: { $0.hasSameBytes(as: member.name) }) {
      report(
        "a parameter cannot be named '\(member.name)': ${\(member.name)} has a meaning of its own",
        at: member.nameRange.start)
    } else if !Self.isName(member.name) {
      report(
        "expected a name of letters, digits, '-' and '_', found '\(member.name)'",
        at: member.nameRange.start)
    }
  }

  private mutating func reportUnknown(_ overrides: [ParameterOverride], declared: [String]) {
    for override in overrides
    where !declared.contains(where: { $0.hasSameBytes(as: override.name) }) {
      let near = nearest(to: override.name, in: declared)
      let known =
        declared.isEmpty ? "it declares none" : "it has " + declared.joined(separator: ", ")
      let end = near == nil ? "; \(known)" : suggestion(near)
      problems.add(
        override.problem("the playbook has no parameter '\(override.name)'\(end)"))
    }
  }

  private mutating func typed(_ override: ParameterOverride, as declared: JSONValue) -> JSONValue? {
    if let value = override.typed(as: declared) { return value }
    problems.add(
      override.problem(
        "the parameter '\(override.name)' takes \(ParameterOverride.noun(of: declared)), "
          + "found \(override.value.noun)"))
    return nil
  }

  /// The value with its references resolved; nil when there are mistakes, which are reported.
  private mutating func resolved(_ node: JSONNode) -> JSONValue? {
    guard check(node, against: nil, in: .constant) else { return nil }
    do throws(Scope.Unresolved) {
      return try scope.resolved(JSONValue(node), as: nil)
    } catch {
      report(error.message, at: node.position)
      return nil
    }
  }

  private mutating func resolved(_ value: JSONValue, from override: ParameterOverride) -> JSONValue?
  {
    do throws(Scope.Unresolved) {
      return try scope.resolved(value, as: nil)
    } catch {
      problems.add(override.problem(error.message))
      return nil
    }
  }

  // MARK: Colours

  mutating func readColours(_ node: JSONNode?) -> [Colour: [JSONValue.Member]] {
    guard let node else { return [:] }
    let names = Colour.allCases.map(\.rawValue)
    guard members(of: node, allowed: names, noun: "the section 'colors'") != nil else {
      hasSoundColours = false
      return [:]
    }
    var result: [Colour: [JSONValue.Member]] = [:]
    for colour in Colour.allCases {
      guard let section = node[colour.rawValue] else {
        report("the colour '\(colour.rawValue)' is missing", at: node.position)
        hasSoundColours = false
        continue
      }
      var values: [JSONValue.Member] = []
      for member in members(ofNamed: section, "values of a colour") {
        guard let value = resolved(member.value) else {
          hasSoundColours = false
          continue
        }
        values.append(.init(member.name, value))
      }
      if section.members == nil { hasSoundColours = false }
      result[colour] = values
      scope.colours[colour] = Dictionary(
        values.map { (UTF8Key($0.name), $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    if hasSoundColours { compareColours(node) }
    return result
  }

  /// What one colour has, the other needs too: each of them is A in one rollout and B in the next.
  private mutating func compareColours(_ node: JSONNode) {
    for colour in Colour.allCases {
      guard let own = node[colour.rawValue], let other = node[colour.other.rawValue] else {
        continue
      }
      for member in other.members ?? [] where own.member(member.name) == nil {
        report(
          "the colour '\(colour.rawValue)' lacks '\(member.name)', which "
            + "'\(colour.other.rawValue)' has at \(member.nameRange.start)",
          at: own.position)
      }
    }
  }

  // MARK: Defaults and the sign of life

  mutating func readDefaults(_ node: JSONNode?) -> Behaviour {
    guard let node else { return Behaviour() }
    let names = PlaybookFields.behaviour.map(\.name)
    guard members(of: node, allowed: names, noun: "the section 'defaults'") != nil else {
      return Behaviour()
    }
    return readBehaviour(node, Behaviour())
  }

  /// Reads attempts, back-off, time limit and what a failure means, out of defaults or a step.
  mutating func readBehaviour(_ node: JSONNode, _ defaults: Behaviour) -> Behaviour {
    var behaviour = defaults
    for field in PlaybookFields.behaviour {
      guard let value = node[field.name] else { continue }
      let rule = FieldRule(kind: field.kind, resources: resources)
      if let problem = rule.problem(with: JSONValue(value)) {
        report(problem, at: value.position)
        continue
      }
      switch field.name {
      case "attempts": behaviour.attempts = value.integer ?? defaults.attempts
      case "backOff": behaviour.backOff = value.string.flatMap { PlaybookDuration($0) }
      case "timeLimit":
        behaviour.timeLimit = value.string.flatMap { PlaybookDuration($0) }
        if behaviour.timeLimit?.duration == .zero {
          report("expected a time limit that is longer than nothing", at: value.position)
        }
      default: behaviour.rollsBackOnFailure = value.string == "rollback"
      }
    }
    return behaviour
  }

  mutating func readLive(_ node: JSONNode?) -> JSONValue? {
    guard let node else { return nil }
    let before = problems.isEmpty
    checkObject(node, PlaybookFields.live, noun: "the section 'live'", in: .live)
    checkLiveKeys(node)
    guard before, problems.isEmpty else { return JSONValue(node) }
    for (name, example) in [("value", "${color.address}"), ("holds", "${color}")] {
      guard let value = node[name], let text = value.string,
        !Template(text).references.contains(where: { $0.reference.isColor })
      else { continue }
      report(
        "expected a value that differs between the colours, such as '\(example)'",
        at: value.position)
    }
    return JSONValue(node)
  }

  /// A record or a value that tells must be named in full.
  private mutating func checkLiveKeys(_ node: JSONNode) {
    guard node.members != nil else { return }
    let isStore = PlaybookFields.liveStore.contains { node[$0] != nil }
    let isRecord = ["zone", "name"].contains { node[$0] != nil } || !isStore
    let needed =
      (isRecord ? PlaybookFields.liveRecord : []) + (isStore ? PlaybookFields.liveStore : [])
    for field in PlaybookFields.live where needed.contains(field.name) && node[field.name] == nil {
      report("the section 'live' lacks the key '\(field.name)': \(field.help)", at: node.position)
    }
    for function in node["functions"]?.elements ?? [] where !isStore {
      if let key = function["key"] {
        report("a key needs the store that has it: 'values' is missing", at: key.position)
      }
    }
  }
}

extension Reference {
  var isColor: Bool {
    switch self {
    case .color: true
    case .parameter, .environment, .from, .to, .output, .secret: false
    }
  }

  var isTo: Bool {
    switch self {
    case .to: true
    case .parameter, .environment, .from, .color, .output, .secret: false
    }
  }

  /// Whether the meaning depends on which colour is live.
  var isDirected: Bool {
    switch self {
    case .from, .to, .color: true
    case .parameter, .environment, .output, .secret: false
    }
  }
}
