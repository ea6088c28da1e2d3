internal import Commands
internal import Foundation
internal import JSON
internal import Resources

/// The folder with the migrations, and the file in it that says where they are recorded.
struct MigrationFolder: Sendable {
  let path: String
  /// By order, and by name where orders are equal.
  let files: [MigrationFile]
  /// Files that look as if they were meant as migrations but have no order.
  let misnamed: [String]
  let setting: RegistrySetting?

  static let standard = "migrations"
  private static let filesMax = 10_000

  /// Reads every migration; a folder that is not there holds none only where `mayBeMissing`.
  static func read(_ path: String, mayBeMissing: Bool = false) throws -> MigrationFolder {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      guard mayBeMissing else {
        throw Refusal(
          .noFile, "there is no folder of migrations at \(path)",
          hint: "Name it with --folder, or begin one with 'cutover migrations create NAME'.")
      }
      return MigrationFolder(path: path, files: [], misnamed: [], setting: nil)
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw Refusal(
        .noFile, "the folder of migrations \(path) cannot be read", hint: "Check its rights.")
    }
    var files: [MigrationFile] = []
    var misnamed: [String] = []
    var setting: RegistrySetting?
    for name in names.sorted() where name.hasSuffix(MigrationFile.ending) {
      if name == RegistrySetting.file {
        setting = try RegistrySetting.read("\(path)/\(name)")
      } else if name.hasPrefix(".") {
        continue
      } else if let (order, title) = MigrationFile.parts(of: name) {
        let file = "\(path)/\(name)"
        files.append(
          MigrationFile(
            order: order, name: title, path: file,
            bytes: try InputFile.read(file, noun: "migration")))
      } else {
        misnamed.append(name)
      }
    }
    guard files.count <= filesMax else {
      throw Refusal(
        .badInput, "\(path) holds more than \(Words.count(filesMax)) migrations",
        hint: "Is it the right folder?")
    }
    files.sort { ($0.order, $0.name) < ($1.order, $1.name) }
    return MigrationFolder(path: path, files: files, misnamed: misnamed, setting: setting)
  }

  /// The environment that the migrations are for: the one given, or the one that all of them name.
  func environment(given: String?) throws -> String {
    if let given { return given }
    var names: [String] = []
    for file in files {
      guard let name = file.environment, !names.contains(where: { $0.hasSameBytes(as: name) })
      else { continue }
      names.append(name)
    }
    if let only = names.first, names.count == 1 { return only }
    throw Refusal(
      .usage,
      names.isEmpty
        ? "nothing in \(path) says which environment is meant"
        : "the migrations in \(path) are for \(names.joined(separator: " and "))",
      hint: "Say it with --environment.")
  }

  /// The migrations for an environment; those that cannot be read might be for it.
  func files(for environment: String) -> [MigrationFile] {
    files.filter { $0.environment?.hasSameBytes(as: environment) ?? true }
  }
}

/// Where a folder's migrations are recorded: its file `registry.json5`.
struct RegistrySetting: Sendable, Equatable {
  var url: String?
  var layout = RegistryLayout.cutover

  static let file = "registry.json5"

  static func read(_ path: String) throws -> RegistrySetting {
    let document = JSONDocument(
      try InputFile.read(path, noun: "registry setting"), dialect: .json5,
      bytesMax: JSONLimit.playbookBytesMax)
    func refusal(_ what: String) -> Refusal {
      Refusal(
        .badInput, "\(path): \(what)",
        hint: "Write { registry: \"dynamodb://region/table\", layout: \"cutover\" }; layouts are "
          + RegistryLayout.choices.joined(separator: ", ") + ".")
    }
    guard document.problems.isEmpty, let root = document.root, let members = root.members else {
      throw refusal(document.problems.first.map { "\($0.message)" } ?? "expected an object")
    }
    var setting = RegistrySetting()
    for member in members {
      switch member.name {
      case "registry":
        guard let url = member.value.string else { throw refusal("'registry' is no text") }
        setting.url = url == "journal" ? nil : url
      case "layout":
        guard let layout = member.value.string.flatMap(RegistryLayout.init(rawValue:)) else {
          throw refusal("'layout' is none of the layouts")
        }
        setting.layout = layout
      default: throw refusal("it has no '\(member.name)'")
      }
    }
    return setting
  }
}
