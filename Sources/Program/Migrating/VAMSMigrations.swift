internal import JSON
internal import Resources
internal import Rollouts

/// The migrations of VAMS that a folder holds: a playbook each, and a row of `migrations.json`.
///
/// A further one takes no change of the program.
struct VAMSMigrations: Sendable {
  static let list = "migrations.json"

  let folder: String
  let all: [VAMSMigration]

  private struct File: Decodable {
    let migrations: [VAMSMigration]
  }

  /// What may stand in a row, its keys and its places.
  private static let words: [(list: String?, names: Set<String>)] = [
    (
      nil,
      [
        "name", "summary", "config", "find", "required", "dryRunInvokes", "report", "evidence",
      ]
    ),
    ("config", ["key", "parameter", "kind"]),
    ("find", ["parameter", "table", "output", "queue", "resource", "optional"]),
  ]

  /// Reads the folder that a person named, or else the one that is shipped.
  static func read(named: String?) throws -> VAMSMigrations {
    let folder = try PlaybookFolder.find(PlaybookFolder.migrations, named: named)
    let path = "\(folder)/\(list)"
    let bytes = try InputFile.read(path, noun: "list of migrations")
    func refusal(_ why: String) -> Refusal {
      Refusal(.badInput, "\(path): \(why)", hint: "docs/vams-migrations.md says how it is written.")
    }
    let value: JSONValue
    let file: File
    do {
      value = try JSONValue(reading: bytes, dialect: .json5)
      file = try value.decode()
    } catch {
      throw refusal("\(error)")
    }
    if let stranger = stranger(in: value) { throw refusal("there is no '\(stranger)'") }
    var names: Set<UTF8Key> = []
    for migration in file.migrations {
      guard names.insert(UTF8Key(migration.name)).inserted else {
        throw refusal("\(migration.name) is there twice")
      }
    }
    return VAMSMigrations(folder: folder, all: file.migrations)
  }

  /// A mistyped word would be passed over without a sound.
  private static func stranger(in file: JSONValue) -> String? {
    for row in file["migrations"]?.elements ?? [] {
      for (list, names) in words {
        let objects = list.map { row[$0]?.elements ?? [] } ?? [row]
        for name in objects.flatMap({ $0.members ?? [] }).map(\.name)
        where !names.contains(name) { return name }
      }
    }
    return nil
  }

  func named(_ name: String) throws -> VAMSMigration {
    if let found = all.first(where: { $0.name.hasSameBytes(as: name) }) { return found }
    let names = all.map(\.name)
    let near = nearest(to: name, in: names).map { "; did you mean '\($0)'?" } ?? ""
    throw Refusal(
      .usage, "there is no migration '\(name)'\(near)",
      hint: "There are: \(names.joined(separator: ", ")). A schema's file name ends with .json.")
  }

  /// The playbook of a migration, as it is shipped.
  func playbook(of migration: VAMSMigration) throws -> JSONValue {
    let path = "\(folder)/\(migration.file)"
    let document = JSONDocument(
      try InputFile.read(path, noun: "playbook"), dialect: .json5,
      bytesMax: JSONLimit.playbookBytesMax)
    guard let root = document.root, document.problems.isEmpty else {
      throw PlaybookProblems(
        document.problems.map { .init(file: path, position: $0.position, message: $0.message) })
    }
    let playbook = JSONValue(root)
    for parameter in migration.parameters where playbook["parameters"]?[parameter] == nil {
      throw Refusal(
        .badInput, "\(path) has no parameter '\(parameter)', which \(Self.list) speaks of",
        hint: "Mend one of them.")
    }
    return playbook
  }
}
