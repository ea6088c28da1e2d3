import Foundation
import Testing

@Suite("Layers")
struct LayerTests {
  /// What each target may import of ours; the design's table.
  static let layers: [String: Set<String>] = [
    "JSON": [],
    "Commands": [],
    "Subprocesses": ["CLinux"],
    "Digests": ["CCrypto"],
    "SQLite": ["CSQLite"],
    "Wire": ["CCurl", "Digests"],
    "Resources": [],
    "Rollouts": ["Resources", "JSON"],
    "Transforms": ["Resources", "SQLite", "JSON", "Digests", "Subprocesses"],
    "JournalStore": ["Rollouts", "Resources", "SQLite", "Digests", "JSON", "Subprocesses"],
    "Local": ["Resources", "SQLite", "Digests", "Subprocesses", "JSON", "CLinux"],
    "DNS": ["Resources", "Wire", "Digests"],
    "Exports": ["Resources", "JSON", "Digests"],
    "AWS": ["Resources", "Wire", "JSON", "Digests", "Subprocesses"],
    "Actions": ["Rollouts", "Resources", "JSON", "Digests", "Subprocesses", "SQLite"],
    "Program": [
      "AWS", "Actions", "Commands", "DNS", "Digests", "Exports", "JSON", "JournalStore", "Local",
      "Resources", "Rollouts", "SQLite", "Subprocesses", "Transforms", "Wire",
    ],
    "cutover": ["Program"],
  ]

  /// What every target may use besides.
  static let toolchain: Set<String> = [
    "Foundation", "FoundationXML", "Dispatch", "Synchronization", "Glibc",
  ]

  @Test("every file imports only what lies below its layer")
  func importsPointDown() throws {
    let files = try SourceTree.swiftFiles(under: "Sources")
    #expect(files.count > 50)
    for file in files {
      let allowed = try #require(Self.layers[file.target], "\(file.path) is in no layer")
      for name in file.imports where !allowed.contains(name) && !Self.toolchain.contains(name) {
        Issue.record("\(file.path) imports \(name), which its layer may not")
      }
    }
  }

  @Test("C libraries are imported by their wrappers only, and internally")
  func wrappersOnly() throws {
    for file in try SourceTree.swiftFiles(under: "Sources") {
      for line in file.lines where line.contains("import C") {
        let name = line.split(separator: " ").last.map(String.init) ?? ""
        guard ["CCurl", "CCrypto", "CSQLite", "CLinux"].contains(name) else { continue }
        #expect(line.hasPrefix("internal import"), "\(file.path): \(line)")
      }
    }
  }
}
