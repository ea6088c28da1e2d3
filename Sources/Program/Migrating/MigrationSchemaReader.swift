internal import JSON
internal import Rollouts

/// Reads a migration schema file and collects every mistake with its place.
///
/// Members whose names begin with `_` or `$` are remarks; any other unknown one is a mistake, since
/// a mistyped `attributes` would leave its renames out without a word.
struct MigrationSchemaReader {
  private let file: String
  private var problems: [PlaybookProblems.Problem] = []
  private var targets: Set<String> = []
  /// Whether a table of one name is one table on both sides; a bucket always is.
  private var isOneRegion = false

  private init(file: String) { self.file = file }

  static func read(_ bytes: [UInt8], file: String) throws(PlaybookProblems) -> MigrationSchema {
    var reader = MigrationSchemaReader(file: file)
    let document = JSONDocument(bytes, dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    for problem in document.problems { reader.report(problem.message, at: problem.position) }
    let schema = document.root.flatMap { reader.schema($0) }
    let sorted = reader.problems.sorted {
      ($0.position?.offset ?? .max) < ($1.position?.offset ?? .max)
    }
    guard sorted.isEmpty, let schema else {
      let listed = sorted.prefix(PlaybookProblems.problemsMax)
      throw PlaybookProblems(Array(listed), unlisted: sorted.count - listed.count)
    }
    return schema
  }

  private mutating func report(_ message: String, at position: JSONPosition) {
    problems.append(.init(file: file, position: position, message: message))
  }

  private mutating func schema(_ root: JSONNode) -> MigrationSchema? {
    let keys = ["regionFrom", "regionTo", Self.bucketsKey, Self.tablesKey]
    guard fields(of: root, keys, "a migration schema") else { return nil }
    let regionFrom = region(root, "regionFrom")
    let regionTo = region(root, "regionTo")
    isOneRegion = regionFrom == regionTo
    let buckets = entries(root, Self.bucketsKey).compactMap { bucket($0) }
    let tables = entries(root, Self.tablesKey).compactMap { table($0) }
    if problems.isEmpty, buckets.isEmpty, tables.isEmpty {
      report("nothing is named: neither buckets nor tables", at: root.position)
    }
    return MigrationSchema(
      regionFrom: regionFrom ?? "", regionTo: regionTo ?? "", buckets: buckets, tables: tables)
  }

  private static let bucketsKey = "VAMS_S3Bucket_Mapping"
  private static let tablesKey = "VAMS_DynamoDBTable_Mapping"

  private mutating func bucket(_ node: JSONNode) -> MigrationSchema.Bucket? {
    guard fields(of: node, ["bucketDescriptor", "buckets"], "a bucket's entry"),
      let (from, to) = pair(node, "buckets", .bucket)
    else { return nil }
    return MigrationSchema.Bucket(
      descriptor: descriptor(node, "bucketDescriptor"), from: from, to: to)
  }

  private mutating func table(_ node: JSONNode) -> MigrationSchema.Table? {
    guard fields(of: node, ["tableDescriptor", "tables", "attributes"], "a table's entry") else {
      return nil
    }
    let names = pair(node, "tables", .table)
    let renames = renames(node)
    guard let (from, to) = names else { return nil }
    return MigrationSchema.Table(
      descriptor: descriptor(node, "tableDescriptor"), from: from, to: to, renames: renames)
  }

  /// The renames of one table; a pair of two empty texts, as in the templates, is none.
  private mutating func renames(_ node: JSONNode) -> [MigrationSchema.Rename] {
    guard let list = node["attributes"] else { return [] }
    guard let elements = list.elements else {
      report("expected a list of pairs, found \(list.noun)", at: list.position)
      return []
    }
    var renames: [MigrationSchema.Rename] = []
    for element in elements {
      guard fields(of: element, ["from", "to"], "a pair of attributes"),
        let from = text(element, "from"), let to = text(element, "to")
      else { continue }
      switch (from.isEmpty, to.isEmpty) {
      case (true, true): continue
      case (false, true), (true, false):
        report(
          "an attribute is renamed from one name to another; one is empty", at: element.position)
      case (false, false):
        if from.hasSameBytes(as: to) { continue }
        if (from + to).contains(where: { RenamingStatement.unspeakable.contains($0) }) {
          report("a quote, a backslash or a dollar sign cannot be renamed", at: element.position)
        } else if renames.contains(where: { $0.from.hasSameBytes(as: from) }) {
          report("the attribute '\(from)' is renamed twice", at: element.position)
        } else if renames.contains(where: { $0.to.hasSameBytes(as: to) }) {
          report("two attributes are renamed to '\(to)'", at: element.position)
        } else {
          renames.append(.init(from: from, to: to))
        }
      }
    }
    return renames
  }
}

// MARK: Values

extension MigrationSchemaReader {
  private enum Kind {
    case bucket
    case table

    var noun: String {
      switch self {
      case .bucket: "bucket"
      case .table: "table"
      }
    }

    /// What the templates say where a name belongs.
    var placeholders: [String] {
      switch self {
      case .bucket: ["S3Bucket_OldStack_Name", "S3Bucket_NewStack_Name"]
      case .table: ["DynamoDBTable_OldStack_Name", "DynamoDBTable_NewStack_Name"]
      }
    }

    /// The rules of the services for names, as far as letters and lengths go.
    var lengths: ClosedRange<Int> {
      switch self {
      case .bucket: 3...63
      case .table: 3...255
      }
    }

    func allows(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): self == .table
      default: false
      }
    }
  }

  /// Checks the members' names; false if the node is no object at all.
  private mutating func fields(of node: JSONNode, _ known: [String], _ noun: String) -> Bool {
    guard let members = node.members else {
      report("expected \(noun), an object, found \(node.noun)", at: node.position)
      return false
    }
    for member in members where !known.contains(where: { $0.hasSameBytes(as: member.name) }) {
      if member.name.hasPrefix("_") || member.name.hasPrefix("$") { continue }
      let near = nearest(to: member.name, in: known).map { "; did you mean '\($0)'?" } ?? ""
      report("\(noun) has no '\(member.name)'\(near)", at: member.nameRange.start)
    }
    return true
  }

  private mutating func text(_ node: JSONNode, _ name: String) -> String? {
    guard let value = node[name] else {
      report("'\(name)' is missing", at: node.position)
      return nil
    }
    guard let text = value.string else {
      report("'\(name)': expected a text, found \(value.noun)", at: value.position)
      return nil
    }
    return text
  }

  /// Only ever shown to people, so it may be missing.
  private mutating func descriptor(_ node: JSONNode, _ name: String) -> String {
    node[name] == nil ? "" : text(node, name) ?? ""
  }

  private mutating func region(_ root: JSONNode, _ name: String) -> String? {
    guard let text = text(root, name), let position = root[name]?.position else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let isRegion =
      parts.count >= 3 && parts.allSatisfy { !$0.isEmpty }
      && text.utf8.allSatisfy { Kind.bucket.allows($0) && $0 != UInt8(ascii: ".") }
    guard isRegion else {
      report("'\(text)' is not a region, such as us-east-1", at: position)
      return nil
    }
    return text
  }

  private mutating func entries(_ root: JSONNode, _ name: String) -> [JSONNode] {
    guard let value = root[name] else {
      report("'\(name)' is missing; give an empty list to copy none", at: root.position)
      return []
    }
    guard let elements = value.elements else {
      report("'\(name)': expected a list, found \(value.noun)", at: value.position)
      return []
    }
    return elements
  }

  private mutating func pair(
    _ node: JSONNode, _ name: String, _ kind: Kind
  ) -> (from: String, to: String)? {
    guard let value = node[name] else {
      report("'\(name)' is missing", at: node.position)
      return nil
    }
    guard fields(of: value, ["from", "to"], "a pair of names") else { return nil }
    let from = resource(value, "from", kind)
    let to = resource(value, "to", kind)
    guard let from, let to else { return nil }
    let place = value["to"]?.position ?? value.position
    if from.hasSameBytes(as: to), kind == .bucket || isOneRegion {
      report("the \(kind.noun) '\(to)' is source and target", at: place)
    }
    if !targets.insert("\(kind.noun) \(to)").inserted {
      report("the \(kind.noun) '\(to)' is a target twice", at: place)
    }
    return (from, to)
  }

  private mutating func resource(_ node: JSONNode, _ name: String, _ kind: Kind) -> String? {
    guard let text = text(node, name), let position = node[name]?.position else { return nil }
    if kind.placeholders.contains(where: { $0.hasSameBytes(as: text) }) {
      report("'\(text)' is the template's placeholder; write the \(kind.noun)'s name", at: position)
      return nil
    }
    guard !text.isEmpty else {
      report("the \(kind.noun)'s name is empty; take the entry out to copy none", at: position)
      return nil
    }
    guard kind.lengths.contains(text.utf8.count), text.utf8.allSatisfy({ kind.allows($0) }) else {
      report("'\(text)' cannot be the name of a \(kind.noun)", at: position)
      return nil
    }
    return text
  }
}
