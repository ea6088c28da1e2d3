internal import JSON
internal import Rollouts

/// Reads the configuration file of an old VAMS migration script, and collects every mistake with
/// its place.
///
/// A key that no script knew is a mistake, since a mistyped one would leave its table out without a
/// word. What still holds the template's placeholder is one too, except for tables that the old
/// script left out then.
struct VAMSConfigReader {
  private let file: String
  private let migration: VAMSMigration
  private let others: [VAMSMigration]
  private var problems: [PlaybookProblems.Problem] = []

  private init(file: String, migration: VAMSMigration, others: [VAMSMigration]) {
    self.file = file
    self.migration = migration
    self.others = others
  }

  static func read(
    _ bytes: [UInt8], file: String, for migration: VAMSMigration, among others: [VAMSMigration]
  ) throws(PlaybookProblems) -> VAMSConfig {
    var reader = Self(file: file, migration: migration, others: others)
    let document = JSONDocument(bytes, dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    for problem in document.problems { reader.report(problem.message, at: problem.position) }
    let config = document.root.map { reader.config($0) }
    let sorted = reader.problems.sorted {
      ($0.position?.offset ?? .max) < ($1.position?.offset ?? .max)
    }
    guard sorted.isEmpty, let config else { throw PlaybookProblems(sorted) }
    return config
  }

  private mutating func report(_ message: String, at position: JSONPosition) {
    problems.append(.init(file: file, position: position, message: message))
  }

  private mutating func config(_ root: JSONNode) -> VAMSConfig {
    var config = VAMSConfig()
    guard let members = root.members else {
      report("expected the configuration, an object, found \(root.noun)", at: root.position)
      return config
    }
    for member in members where !Self.isRemark(member.name) {
      guard let key = migration.allKeys.first(where: { $0.name.hasSameBytes(as: member.name) })
      else {
        report(unknown(member.name), at: member.nameRange.start)
        continue
      }
      read(key, member.value, into: &config)
    }
    return config
  }

  private static func isRemark(_ name: String) -> Bool {
    name.hasPrefix("_") || name == "comments" || name == "comment"
  }

  private func unknown(_ name: String) -> String {
    let known = migration.allKeys.map(\.name)
    if let near = nearest(to: name, in: known) {
      return "\(migration.name) has no '\(name)'; did you mean '\(near)'?"
    }
    let owners = others.filter { other in
      other.config.contains { $0.name.hasSameBytes(as: name) }
    }
    let whose =
      owners.isEmpty ? "" : "; it belongs to \(owners.map(\.name).joined(separator: ", "))"
    return "\(migration.name) has no '\(name)'\(whose)"
  }

  private mutating func read(
    _ key: VAMSMigration.Key, _ node: JSONNode, into config: inout VAMSConfig
  ) {
    switch (key.kind, node.kind) {
    case (_, .null): return
    case (.text, .string(let text)):
      guard !text.isEmpty else { return }
      guard Self.isPlaceholder(text) else {
        config.values[key.name] = .string(text)
        return
      }
      let place = migration.find.first { $0.parameter == key.parameter }
      if place?.isOptional == true {
        config.placeholders.append(key.name)
      } else {
        report("'\(key.name)' still holds the template's '\(text)'", at: node.position)
      }
    case (.flag, .bool(let flag)), (.yes, .bool(let flag)):
      config.values[key.name] = .bool(flag)
    case (.count, .number(let text)):
      guard let count = node.integer, count >= 0 else {
        report("'\(key.name)': expected a whole number from 0, found \(text)", at: node.position)
        return
      }
      config.values[key.name] = .number("\(count)")
    case (.text, _):
      report("'\(key.name)': expected a text, found \(node.noun)", at: node.position)
    case (.flag, _), (.yes, _):
      report("'\(key.name)': expected true or false, found \(node.noun)", at: node.position)
    case (.count, _):
      report("'\(key.name)': expected a whole number, found \(node.noun)", at: node.position)
    }
  }

  /// `YOUR_ASSETS_TABLE_NAME`, `YOUR-AWS-PROFILE`, and `PROD_ASSETS_TABLE_NAME` of the templates.
  private static func isPlaceholder(_ text: String) -> Bool {
    guard !text.hasPrefix("YOUR_"), !text.hasPrefix("YOUR-") else { return true }
    return text.hasPrefix("PROD_") && text.hasSuffix("_NAME")
      && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
  }
}
