/// Plain text in columns no wider than a terminal.
enum TextLayout {
  /// The widest line that help has.
  static let columns = 80

  /// The widest left column; longer entries put their text on the next line.
  private static let leftMax = 28

  /// Two columns; the right one is wrapped and stays in its column.
  static func table(_ rows: [(left: String, right: String)]) -> String {
    let fitting = rows.map(\.left.count).filter { $0 <= leftMax }
    let width = fitting.max() ?? leftMax
    let indent = String(repeating: " ", count: width + 4)
    return rows.map { row in
      var lines = wrap(row.right, width: columns - indent.count)
      let left = "  \(row.left)"
      guard row.left.count <= width, !lines.isEmpty else {
        return ([left] + lines.map { indent + $0 }).joined(separator: "\n") + "\n"
      }
      let gap = String(repeating: " ", count: indent.count - left.count)
      lines[0] = left + gap + lines[0]
      return lines.enumerated().map { $0.offset == 0 ? $0.element : indent + $0.element }
        .joined(separator: "\n") + "\n"
    }.joined()
  }

  /// Paragraphs, wrapped; lines that begin with two spaces are kept as they are.
  static func paragraphs(_ text: String) -> String {
    var result = ""
    var paragraph: [String] = []
    let flush = {
      for line in wrap(paragraph.joined(separator: " "), width: columns) { result += line + "\n" }
      paragraph = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        flush()
        result += "\n"
      } else if line.hasPrefix("  ") {
        flush()
        result += line + "\n"
      } else {
        paragraph.append(String(line))
      }
    }
    flush()
    return result
  }

  /// Words filled into lines; a word longer than a line stays whole on a line of its own.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if line.isEmpty {
        line = String(word)
      } else if line.count + 1 + word.count <= width {
        line += " " + word
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}
