internal import Actions
internal import JSON
internal import Rollouts

/// Reads a migration of Amplify data and collects every mistake with its place.
struct AmplifyMigrationReader {
  private let file: String
  private var problems: [PlaybookProblems.Problem] = []
  private var ids: Set<UTF8Key> = []

  private init(file: String) { self.file = file }

  static func read(_ file: MigrationFile) throws(PlaybookProblems) -> AmplifyMigration {
    var reader = AmplifyMigrationReader(file: file.path)
    let document = JSONDocument(
      file.bytes, dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    for problem in document.problems { reader.report(problem.message, at: problem.position) }
    let migration = document.root.flatMap { reader.migration($0, file) }
    let sorted = reader.problems.sorted {
      ($0.position?.offset ?? .max) < ($1.position?.offset ?? .max)
    }
    guard sorted.isEmpty, let migration else {
      let listed = sorted.prefix(PlaybookProblems.problemsMax)
      throw PlaybookProblems(Array(listed), unlisted: sorted.count - listed.count)
    }
    return migration
  }

  private mutating func report(_ message: String, at position: JSONPosition) {
    problems.append(.init(file: file, position: position, message: message))
  }

  private static let version = 1
  private static let keys = ["migration", "description", "export", "steps"]

  private mutating func migration(_ root: JSONNode, _ file: MigrationFile) -> AmplifyMigration? {
    check(root, Self.keys, "a migration")
    guard root.members != nil else { return nil }
    if root["migration"]?.integer != Self.version {
      report("expected migration: \(Self.version), which tells the format", at: root.position)
    }
    let exports = names(root["export"])
    var steps: [AmplifyMigration.Step] = []
    if let list = root["steps"] {
      if let elements = list.elements {
        steps = elements.compactMap { step($0) }
      } else {
        report("expected a list of steps, found \(list.noun)", at: list.position)
      }
    }
    if problems.isEmpty, exports.isEmpty, steps.isEmpty {
      report("it neither exports models nor has steps", at: root.position)
    }
    return AmplifyMigration(file: file, exports: exports, steps: steps)
  }

  private mutating func names(_ node: JSONNode?) -> [String] {
    guard let node else { return [] }
    guard let elements = node.elements else {
      report("expected a list of models, found \(node.noun)", at: node.position)
      return []
    }
    var names: [String] = []
    for element in elements {
      guard let name = element.string, Self.isModel(name) else {
        report("expected the name of a model, found \(element.noun)", at: element.position)
        continue
      }
      if names.contains(where: { $0.hasSameBytes(as: name) }) {
        report("the model \(name) is named twice", at: element.position)
      } else {
        names.append(name)
      }
    }
    return names
  }

  /// The keys that a step may have besides the one that says what it does.
  private static func keys(of kind: AmplifyMigration.Step.Kind) -> [String] {
    if kind == .action {
      return ["id", "title", "with", "attempts", "backOff", "timeLimit", "onFailure"]
    }
    let own = ["id", "title", "existing", "collisions"]
    // A trial is the command's business, and what is read and written the step's own.
    let passed = TablesMigrate.inputs.map(\.name)
      .filter { !["from", "limit", "sample", "dryRun"].contains($0) }
    return switch kind {
    case .update: own + passed
    case .put: own + ["from"] + passed
    case .importing: own + ["of", "keys"] + passed
    case .action: []
    }
  }

  private mutating func step(_ node: JSONNode) -> AmplifyMigration.Step? {
    guard let members = node.members else {
      report("expected a step, an object, found \(node.noun)", at: node.position)
      return nil
    }
    let kinds = AmplifyMigration.Step.Kind.allCases
    let said = kinds.filter { node[$0.rawValue] != nil }
    guard let kind = said.first, said.count == 1, let value = node[kind.rawValue] else {
      let words = kinds.map(\.rawValue).joined(separator: ", ")
      report("a step says one of \(words), and this one says \(said.count)", at: node.position)
      return nil
    }
    check(node, [kind.rawValue] + Self.keys(of: kind), "a step '\(kind.rawValue)'")
    guard let name = value.string, kind == .action || Self.isModel(name) else {
      report("expected a name, found \(value.noun)", at: value.position)
      return nil
    }
    if kind == .put, node["from"] == nil {
      report("'from' is missing: the table that items are made of", at: node.position)
    }
    let id = node["id"]?.string ?? free(Self.id(kind, name))
    if !ids.insert(UTF8Key(id)).inserted {
      report("two steps have the id '\(id)'", at: node.position)
    }
    let rest = members.filter { !["id", kind.rawValue].contains($0.name) }
    return AmplifyMigration.Step(
      kind: kind, name: name, id: id,
      members: rest.map { .init($0.name, JSONValue($0.value)) })
  }

  private static func id(_ kind: AmplifyMigration.Step.Kind, _ name: String) -> String {
    switch kind {
    case .update: "update-\(name)"
    case .put: "put-\(name)"
    case .importing: "import-\(name)"
    case .action: name.replacing(".", with: "-")
    }
  }

  /// The id, or with a number behind it where it is taken.
  private func free(_ id: String) -> String {
    var number = 1
    while true {
      let candidate = number == 1 ? id : "\(id)-\(number)"
      if !ids.contains(UTF8Key(candidate)) { return candidate }
      number += 1
    }
  }

  private mutating func check(_ node: JSONNode, _ known: [String], _ noun: String) {
    guard let members = node.members else {
      report("expected \(noun), an object, found \(node.noun)", at: node.position)
      return
    }
    for member in members where !known.contains(where: { $0.hasSameBytes(as: member.name) }) {
      let near = nearest(to: member.name, in: known).map { "; did you mean '\($0)'?" } ?? ""
      report("\(noun) has no '\(member.name)'\(near)", at: member.nameRange.start)
    }
  }

  /// As GraphQL has names, so that one stands in ids and URLs as it is.
  private static func isModel(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
    return name.utf8.count <= modelBytesMax
      && name.utf8.allSatisfy {
        (48...57).contains($0) || (97...122).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
      }
  }

  private static let modelBytesMax = 48
}
