import JSON
import Resources

/// One reading of one playbook: walks the tree once and collects what is wrong with it.
struct PlaybookCheck {
  /// A colour's value that one of the colours lacks breaks one direction only.
  static let directions = Colour.allCases

  let file: String
  let actions: ActionCatalog
  let resources: ResourceCatalog
  var problems = ProblemList()
  var scope = Scope()
  /// Parameters that are declared but whose value is wrong; what refers to them is not blamed.
  var brokenParameters: Set<UTF8Key> = []
  /// Parameters that are declared further down.
  var coming: Set<UTF8Key> = []
  /// Whether the colours could be read, so that what refers to them can be judged.
  var hasSoundColours = true
  /// Whether every `after` names a step and none a circle, so that the order can be judged.
  var hasSoundOrder = true
  var drafts: [DraftStep] = []
  /// The sections that steps name parts of.
  var conditions: [JSONNode.Member] = []
  var invariants: [JSONNode.Member] = []
  /// What of those is named.
  var namedConditions: Set<UTF8Key> = []
  var namedInvariants: Set<UTF8Key> = []
  var graph = StepGraph(after: [])

  init(file: String, actions: ActionCatalog, resources: ResourceCatalog) {
    self.file = file
    self.actions = actions
    self.resources = resources
  }

  /// The model, or nil when there are problems.
  mutating func playbook(_ root: JSONNode, _ overrides: [ParameterOverride]) -> Playbook? {
    guard let sections = members(of: root, allowed: PlaybookFields.sections, noun: "a playbook")
    else { return nil }
    checkVersion(root, sections)
    let environment = readEnvironment(root)
    scope.environment = environment ?? ""
    let parameters = readParameters(root["parameters"], overrides)
    let colours = readColours(root["colors"])
    let defaults = readDefaults(root["defaults"])
    conditions = readConditions(root["conditions"])
    invariants = readInvariants(root["invariants"])
    let steps = readSteps(root, defaults)
    reportUnused()
    let live = readLive(root["live"])
    let notify = readNotify(root["notify"])
    for name in ["description", "$schema"] {
      if let node = root[name], node.string == nil {
        report("expected a text, found \(node.noun)", at: node.position)
      }
    }
    guard problems.isEmpty else { return nil }
    return Playbook(
      environment: environment ?? "", description: root["description"]?.string,
      parameters: parameters.values, given: parameters.given, blue: colours[.blue] ?? [],
      green: colours[.green] ?? [], steps: steps, live: live,
      notify: notify, invariants: invariants.compactMap { invariant($0) })
  }

  mutating func report(_ message: String, at position: JSONPosition) {
    problems.add(.init(file: file, position: position, message: message))
  }

  /// The members of an object whose keys are all known; unknown ones are reported and left out.
  mutating func members(
    of node: JSONNode, allowed: [String], noun: String
  ) -> [JSONNode.Member]? {
    guard let members = node.members else {
      let known = allowed.prefix(8).joined(separator: ", ")
      report("expected an object with keys such as \(known), found \(node.noun)", at: node.position)
      return nil
    }
    return members.filter { member in
      if allowed.contains(where: { $0.hasSameBytes(as: member.name) }) { return true }
      let near = nearest(to: member.name, in: allowed)
      let known = allowed.filter { !$0.hasPrefix("$") }.joined(separator: ", ")
      report(
        "\(noun) has no key '\(member.name)'"
          + (near == nil ? "; it has \(known.isEmpty ? "none" : known)" : suggestion(near)),
        at: member.nameRange.start)
      return false
    }
  }

  /// Letters, digits, `-` and `_`: names that are safe in references, folders and commands.
  static func isName(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= PlaybookFields.nameLengthMax else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
  }

  private mutating func checkVersion(_ root: JSONNode, _ sections: [JSONNode.Member]) {
    guard let version = root["playbook"] else {
      return report(
        "the key 'playbook' is missing; it tells the format: playbook: \(PlaybookFields.version)",
        at: root.position)
    }
    if version.integer != PlaybookFields.version {
      report(
        "expected the format \(PlaybookFields.version), which this program reads, "
          + "found \(version.noun)", at: version.position)
    }
  }

  private mutating func readEnvironment(_ root: JSONNode) -> String? {
    guard let node = root["environment"] else {
      report("the key 'environment' is missing; it names the system that moves", at: root.position)
      return nil
    }
    guard let name = node.string, Self.isName(name) else {
      report(
        "expected the name of an environment (letters, digits, '-' and '_', at most "
          + "\(PlaybookFields.nameLengthMax)), found \(node.noun)", at: node.position)
      return nil
    }
    return name
  }
}
