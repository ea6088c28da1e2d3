import Glibc
import Resources

/// The end of a service's log, fit to be shown on any terminal.
enum LogTail {
  static let bytesMax = 64 << 10
  static let linesMax = 15
  static let lineLengthMax = 200

  /// The last lines, each indented; a note instead when there are none.
  static func read(_ path: String, redact: (String) -> String) -> String {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return "  (no log at \(path))" }
    defer { close(file) }
    let size = lseek(file, 0, SEEK_END)
    let start = max(0, size - off_t(bytesMax))
    var bytes = [UInt8](repeating: 0, count: bytesMax)
    let count = max(0, pread(file, &bytes, bytesMax, start))
    var text = bytes[..<count]
    // The first line may be a part of one, and so of a secret that could not be told.
    if start > 0 {
      text = text.firstIndex(of: 10).map { text[($0 + 1)...] } ?? text.suffix(lineLengthMax)
    }
    let lines = redact(String(decoding: text, as: UTF8.self))
      .split(whereSeparator: \.isNewline).suffix(linesMax)
    guard !lines.isEmpty else { return "  (\(path) is empty)" }
    return lines.map { "  | " + shortened(escaped(String($0))) }.joined(separator: "\n")
  }

  private static func shortened(_ line: String) -> String {
    line.count <= lineLengthMax ? line : line.prefix(lineLengthMax) + "…"
  }

  /// The text with everything that could move a cursor or turn a line around spelled out.
  static func escaped(_ text: String) -> String {
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        output.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      case _: output.append(scalar)
      }
    }
    return String(output)
  }
}
