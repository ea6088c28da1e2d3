import Foundation
import Resources
import Rollouts

/// The migrations that an environment should have had: a list of names, or the files of a folder.
package struct ExpectedMigrations: Decodable, Sendable {
  var expected: [String]?
  var folder: String?
  var match: [String]?
  var except: [String]?
  var emptyIsFine: Bool?

  static let fields: [InputField] = [
    .optional("expected", .list(.string), "The names of all migrations, or else:"),
    .optional("folder", .path, "The folder whose files are the migrations."),
    .optional("match", .list(.string), "Patterns of files that count, such as *.ts.", default: "*"),
    .optional("except", .list(.string), "Patterns of files that do not, such as *.test.ts."),
    .optional(
      "emptyIsFine", .boolean, "Whether there may be no migration at all.", default: "false"),
  ]

  /// More than any system has had; a folder with more is another one.
  private static let namesMax = 10_000
  private static let nameBytesMax = 512

  /// The names in byte order, or in that of the list; throws where they cannot be told for sure.
  func names(of step: String) throws(Failure) -> [String] {
    let names: [String]
    switch (expected, folder) {
    case (let list?, nil): names = list
    case (nil, let folder?): names = try files(in: folder)
    case (nil, nil), (.some, .some):
      throw .permanent(
        "step \(step) needs either 'expected' or 'folder'", hint: "Mend the playbook.")
    }
    if names.isEmpty, emptyIsFine != true {
      throw .permanent(
        folder.map { "no file of \($0) is a migration" } ?? "step \(step) expects no migration",
        hint: "Is it the right folder, and are the patterns right? If there may be none, say "
          + "emptyIsFine: true.")
    }
    var seen: Set<[UInt8]> = []
    for name in names {
      guard !name.isEmpty, name.utf8.count <= Self.nameBytesMax,
        name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), seen.insert(Array(name.utf8)).inserted
      else {
        throw .permanent(
          "'\(name)' cannot be the name of a migration, or stands there twice",
          hint: "Mend the list.")
      }
    }
    return names
  }

  private func files(in folder: String) throws(Failure) -> [String] {
    let all: [String]
    do {
      all = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .permanent(
        "the folder of migrations \(folder) cannot be read", hint: "Check the path and its rights.")
    }
    let included = (match ?? ["*"]).map(NamePattern.init)
    let excluded = (except ?? []).map(NamePattern.init)
    let names = all.filter { name in
      !name.hasPrefix(".") && included.contains { $0.matches(name) }
        && !excluded.contains { $0.matches(name) } && !isFolder("\(folder)/\(name)")
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard names.count <= Self.namesMax else {
      throw .permanent(
        "\(folder) has \(names.count) migrations; at most \(Self.namesMax) are read",
        hint: "Is it the right folder?")
    }
    return names
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
