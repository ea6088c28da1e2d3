import Foundation

/// The project's own files, as the tidy checks read them.
struct SourceTree {
  struct File {
    /// From the top of the project, such as `Sources/Rollouts/Machine/Fact.swift`.
    let path: String
    let lines: [String]

    var target: String { String(path.split(separator: "/")[1]) }

    /// The modules it imports, in any form of import.
    var imports: [String] {
      // Imports stand at the left edge, unlike those of another language inside of a text.
      lines.filter { $0.first?.isWhitespace == false }.compactMap { line in
        var words = line.split(separator: " ")[...]
        if let first = words.first, ["package", "internal", "private", "@testable"].contains(first)
        {
          words = words.dropFirst()
        }
        guard words.first == "import" else { return nil }
        words = words.dropFirst()
        if let kind = words.first, ["struct", "enum", "class", "func"].contains(kind) {
          words = words.dropFirst()
        }
        return words.first?.split(separator: ".").first.map(String.init)
      }
    }
  }

  static let top = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func swiftFiles(under folder: String) throws -> [File] {
    let root = top.appending(path: folder).path
    guard let names = FileManager.default.enumerator(atPath: root) else { return [] }
    return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map {
      let text = try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8)
      return File(
        path: "\(folder)/\($0)",
        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }
}
