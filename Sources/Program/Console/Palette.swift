/// Turns lines into the bytes that a screen understands.
struct Palette: Sendable, Equatable {
  let isColoured: Bool
  let hasUnicode: Bool

  init(_ screen: Screen) {
    isColoured = screen.isColoured
    hasUnicode = screen.hasUnicode
  }

  var ellipsis: String { hasUnicode ? "…" : "..." }

  func render(_ line: Line) -> String {
    line.spans.map { render($0) }.joined()
  }

  private func render(_ span: Line.Span) -> String {
    let visible = Visible.text(span.text)
    let text = hasUnicode ? visible : Self.ascii(visible)
    guard isColoured, let code = Self.code(span.tone), !text.isEmpty else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  private static func code(_ tone: Line.Tone) -> String? {
    switch tone {
    case .plain: nil
    case .strong: "1"
    case .faint: "2"
    case .good: "32"
    case .warning: "33"
    case .bad: "31"
    case .accent: "36"
    }
  }

  /// Our own marks in ASCII; anything else that is not ASCII becomes a question mark.
  private static func ascii(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 128 }) { return text }
    return text.map { character in
      if character.isASCII { return String(character) }
      return marks[character] ?? String(repeating: "?", count: Width.of(String(character)))
    }.joined()
  }

  /// Each of the same width as what it stands for, so that columns stay.
  private static let marks: [Character: String] = [
    "…": ".", "→": ">", "←": "<", "✓": "+", "✗": "x", "●": "*", "○": "o", "▸": ">", "◂": "<",
    "█": "#", "░": "-", "─": "-", "·": ".", "–": "-", "×": "x", "⏸": "=", "↺": "~", "━": "=",
    "│": "|", "├": "+", "└": "`", "┌": "+", "’": "'", "“": "\"", "”": "\"",
  ]
}
