internal import Foundation

/// Finds the playbooks that are shipped with the program.
enum PlaybookFolder {
  static let migrations = "playbooks/vams/migrations"
  private static let levelsMax = 12

  /// The folder that a person named; else the one found by going up from the program's own file,
  /// and then from the working folder.
  static func find(_ wanted: String, named: String?) throws -> String {
    if let named {
      guard isFolder(named) else {
        throw Refusal(
          .noFile, "there is no folder \(named)", hint: "Name the folder that holds the playbooks.")
      }
      return named
    }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    let starts = [
      program.map { URL(filePath: $0).deletingLastPathComponent() },
      URL(filePath: FileManager.default.currentDirectoryPath),
    ].compactMap { $0 }
    for start in starts {
      var folder = start
      for _ in 0..<levelsMax {
        let place = folder.appending(path: wanted).path
        if isFolder(place) { return place }
        guard folder.path != "/" else { break }
        folder.deleteLastPathComponent()
      }
    }
    throw Refusal(
      .noFile,
      "no folder \(wanted) above \(starts.map(\.path).joined(separator: " or above "))",
      hint: "Say where it is with --playbooks.")
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
