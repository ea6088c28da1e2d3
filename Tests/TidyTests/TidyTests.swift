import Testing

@Suite("Tidiness")
struct TidyTests {
  static let fileLinesMax = 400
  static let functionLinesMax = 60
  static let columnsMax = 100
  /// The formatter leaves comments alone.
  static let commentColumnsMax = 110

  @Test("no source file is longer than 400 lines, nor any line than 100 columns")
  func sizes() throws {
    for folder in ["Sources", "Tests"] {
      for file in try SourceTree.swiftFiles(under: folder) {
        #expect(
          file.lines.count <= Self.fileLinesMax + 1, "\(file.path): \(file.lines.count) lines")
        for (number, line) in file.lines.enumerated() {
          let isComment = line.trimmingPrefix { $0 == " " }.hasPrefix("//")
          if line.count > (isComment ? Self.commentColumnsMax : Self.columnsMax) {
            Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
          }
        }
      }
    }
  }

  @Test("no function in Sources is longer than 60 lines")
  func functions() throws {
    for file in try SourceTree.swiftFiles(under: "Sources") {
      for (start, length) in Self.functions(in: file.lines) where length > Self.functionLinesMax {
        Issue.record("\(file.path):\(start + 1) is \(length) lines long")
      }
    }
  }

  @Test("no source says what it must not")
  func words() throws {
    let banned = [
      "try" + "! ", " as" + "! ", "fatal" + "Error(", "file" + "private ", "TO" + "DO",
      "FIX" + "ME", "not " + "implemented",
    ]
    for file in try SourceTree.swiftFiles(under: "Sources") {
      for (number, line) in file.lines.enumerated() {
        for word in banned where line.contains(word) {
          Issue.record("\(file.path):\(number + 1) says '\(word)'")
        }
        if line.contains("print("), !file.path.contains("Console") {
          let isCall = line.trimmingPrefix { $0 == " " }.hasPrefix("print(")
          if isCall { Issue.record("\(file.path):\(number + 1) prints") }
        }
      }
    }
  }

  @Test("no test sleeps")
  func sleeps() throws {
    let banned = ["Thread." + "sleep", "Task." + "sleep", "usleep" + "("]
    for file in try SourceTree.swiftFiles(under: "Tests") {
      for (number, line) in file.lines.enumerated() {
        for word in banned where line.contains(word) {
          Issue.record("\(file.path):\(number + 1) sleeps")
        }
      }
    }
  }

  /// One suite that waits on the pool's few threads holds up all others.
  @Test("every suite that has the harness runs on threads that may wait")
  func suites() throws {
    for file in try SourceTree.swiftFiles(under: "Tests") where file.imports.contains("Harness") {
      for (number, line) in file.lines.enumerated() where line.hasPrefix("@Suite") {
        let attribute = file.lines[number...].prefix(3).joined(separator: " ")
        if !attribute.contains(".waiting") {
          Issue.record("\(file.path):\(number + 1) lacks .waiting")
        }
      }
    }
  }

  /// Where each function begins and how many lines it has, told by the indentation of its brace.
  private static func functions(in lines: [String]) -> [(start: Int, length: Int)] {
    var found: [(Int, Int)] = []
    for (start, line) in lines.enumerated() where line.contains("func ") || line.contains(" init(")
    {
      let indent = line.prefix { $0 == " " }
      guard !line.trimmingPrefix(indent).hasPrefix("//"), !line.hasSuffix("}") else { continue }
      // A requirement of a protocol has no body: its lines end without a brace.
      let header = lines[start...].prefix { !$0.hasSuffix("{") && !$0.isEmpty }
      let next = lines[start...].dropFirst(header.count).first ?? ""
      let declares = header.dropFirst().contains { $0.contains("func ") || $0.contains("///") }
      guard next.hasSuffix("{"), !declares else { continue }
      let isEnd = { (other: String) in
        other.hasPrefix(indent + "}") && !other.hasPrefix(indent + "} else")
      }
      guard let end = lines[start...].dropFirst().firstIndex(where: isEnd) else { continue }
      found.append((start, end - start + 1))
    }
    return found
  }
}
