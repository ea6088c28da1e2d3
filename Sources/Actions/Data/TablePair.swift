import JSON
package import Resources
import Rollouts

/// A source table, its target, and what happens to the items on the way.
package struct TablePair: Codable, Sendable, Hashable {
  package var from: ResourceURL
  package var to: ResourceURL
  /// A statement of ``TransformMaker``; nil carries items through unchanged.
  package var transform: String?
  /// Attributes that are named otherwise in the target.
  package var rename: [String: String]?
  /// Values of attributes that are others in the target.
  package var replace: [String: [String: String]]?
  /// The same, for values that only the run will tell.
  package var exchange: [Exchange]?
  /// Attributes that are left out.
  package var drop: [String]?
  /// Items that are left behind, by the values of an attribute.
  package var skip: [String: [String]]?

  /// One value of an attribute and what stands in its place.
  ///
  /// A playbook's references are resolved in values and not in keys, so this form takes outputs of
  /// earlier steps.
  package struct Exchange: Codable, Sendable, Hashable {
    package var attribute: String
    package var from: String
    package var to: String

    package init(_ attribute: String, from: String, to: String) {
      self.attribute = attribute
      self.from = from
      self.to = to
    }
  }

  package init(from: ResourceURL, to: ResourceURL, transform: String? = nil) {
    self.from = from
    self.to = to
    self.transform = transform
  }

  static let inputs = fields("The target.", uses: [.look, .read, .write])
  /// Of pairs that are only looked at.
  static let comparedInputs = fields("What must hold the same.", uses: [.look, .read])

  private static func fields(_ help: String, uses: [ResourceUse]) -> [InputField] {
    [
      .required(
        "from", .resource(.table), "The source; it is only read.", uses: [.look, .read]),
      .required("to", .resource(.table), help, uses: uses),
    ] + editing
  }

  private static let editing: [InputField] = [
    .optional(
      "transform", .string,
      "A SQL statement over the table input(seq, item) that yields seq, put and maybe skip."),
    .optional("rename", .map(.string), "New names for attributes, by their old names."),
    .optional(
      "replace", .map(.map(.string)),
      "New values for texts of an attribute, by its name and the old value."),
    .optional(
      "exchange",
      .list(
        .object([
          .required("attribute", .string, "The attribute's name."),
          .required("from", .string, "The text that it has in the source."),
          .required("to", .string, "The text that it gets."),
        ])), "As 'replace', for texts that are outputs of earlier steps."),
    .optional("drop", .list(.string), "Attributes that the target does not get."),
    .optional(
      "skip", .map(.list(.string)),
      "Items that stay behind, by an attribute and the texts it has in them."),
  ]

  /// Whether the items change on the way.
  var isTransformed: Bool { transform != nil || !edits.isEmpty }

  private var edits: ItemEdits {
    let named = { (map: [String: String]) in
      Dictionary(map.map { (UTF8Key($0.key), $0.value) }) { $1 }
    }
    var values = Dictionary((replace ?? [:]).map { (UTF8Key($0.key), named($0.value)) }) { $1 }
    for entry in exchange ?? [] {
      values[UTF8Key(entry.attribute), default: [:]][UTF8Key(entry.from)] = entry.to
    }
    return ItemEdits(
      rename: named(rename ?? [:]), replace: values,
      drop: Set((drop ?? []).map { UTF8Key($0) }),
      skip: Dictionary(
        (skip ?? [:]).map { (UTF8Key($0.key), Set($0.value.map { UTF8Key($0) })) }
      ) { $1 },
      url: from)
  }

  /// What turns items of the source into those of the target; nil if they stay as they are.
  func itemTransform(
    _ maker: any TransformMaker
  ) throws(Failure) -> (any ItemTransform)? {
    let edits = edits
    guard let transform else { return edits.isEmpty ? nil : edits }
    let made = try maker.make(sql: transform)
    return edits.isEmpty ? made : ChainedTransform(first: edits, second: made)
  }

  /// The name that an attribute of the source has in the target.
  func targetName(_ name: String) -> String { edits.rename[UTF8Key(name)] ?? name }

  /// The pairs that an input names, either as a list or by a single `from` and `to`.
  static func pairs(
    _ list: [TablePair]?, from: ResourceURL?, to: ResourceURL?, transform: String?, of name: String
  ) throws(Failure) -> [TablePair] {
    let hint = "Give either 'pairs', or 'from' and 'to'."
    var pairs = list ?? []
    switch (from, to) {
    case (let from?, let to?):
      guard list == nil else {
        throw .permanent("\(name): two ways to name the tables", hint: hint)
      }
      pairs = [TablePair(from: from, to: to, transform: transform)]
    case (nil, nil):
      guard transform == nil else {
        throw .permanent(
          "\(name): 'transform' stands beside 'pairs'", hint: "Put it into the pair it is for.")
      }
    case (_?, nil), (nil, _?):
      throw .permanent("\(name): 'from' and 'to' belong together", hint: hint)
    }
    guard !pairs.isEmpty else { throw .permanent("\(name): no tables are named", hint: hint) }
    return pairs
  }

  /// Refuses pairs that would write into one another.
  static func check(_ pairs: [TablePair], of name: String) throws(Failure) {
    var targets: Set<ResourceURL> = []
    let sources = Set(pairs.map(\.from))
    for pair in pairs {
      guard !sources.contains(pair.to) else {
        throw .permanent(
          "\(name): \(pair.to) is a source and a target",
          hint: "Give each target a table of its own.")
      }
      guard targets.insert(pair.to).inserted else {
        throw .permanent(
          "\(name): \(pair.to) is the target twice", hint: "Give each target a table of its own.")
      }
    }
  }
}
