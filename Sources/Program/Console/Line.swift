/// One line for a person, as spans that know how important they are.
///
/// Whatever comes from outside (playbook text, remote errors) goes through spans, and spans are
/// escaped when they are rendered, so no text can move the cursor or colour the screen.
struct Line: Sendable, Equatable {
  enum Tone: Sendable, Equatable {
    case plain
    case strong
    case faint
    case good
    case warning
    case bad
    case accent
  }

  struct Span: Sendable, Equatable {
    var text: String
    var tone: Tone
  }

  var spans: [Span]

  init(spans: [Span]) { self.spans = spans }

  init(_ text: String, _ tone: Tone = .plain) { spans = [Span(text: text, tone: tone)] }

  static let empty = Line(spans: [])

  /// The text without tones, unescaped; for tests and searches.
  var text: String { spans.map(\.text).joined() }

  static func + (left: Line, right: Line) -> Line { Line(spans: left.spans + right.spans) }

  static func += (left: inout Line, right: Line) { left.spans += right.spans }

  /// Columns that the line takes on a screen.
  var width: Int { spans.reduce(0) { $0 + Width.of(Visible.text($1.text)) } }

  /// The line filled with spaces up to a column; a longer one is left as it is.
  func padded(to column: Int) -> Line {
    let missing = column - width
    return missing > 0 ? self + Line(String(repeating: " ", count: missing)) : self
  }

  /// The line cut to a number of columns, with an ellipsis where something is missing.
  func cut(to columns: Int, ellipsis: String) -> Line {
    guard width > columns else { return self }
    var left = max(0, columns - Width.of(ellipsis))
    var kept: [Span] = []
    for span in spans {
      let text = Width.prefix(Visible.text(span.text), columns: left)
      left -= Width.of(text)
      kept.append(Span(text: text, tone: span.tone))
      if Width.of(text) < Width.of(Visible.text(span.text)) { break }
    }
    return Line(spans: kept + [Span(text: ellipsis, tone: .faint)])
  }
}

extension Line: ExpressibleByStringInterpolation {
  init(stringLiteral value: String) { self.init(value) }

  struct StringInterpolation: StringInterpolationProtocol {
    var spans: [Span] = []

    init(literalCapacity: Int, interpolationCount: Int) {
      spans.reserveCapacity(2 * interpolationCount + 1)
    }

    mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { spans.append(Span(text: literal, tone: .plain)) }
    }

    mutating func appendInterpolation(_ value: some CustomStringConvertible, _ tone: Tone = .plain)
    {
      spans.append(Span(text: value.description, tone: tone))
    }

    mutating func appendInterpolation(_ line: Line) { spans += line.spans }
  }

  init(stringInterpolation: StringInterpolation) { spans = stringInterpolation.spans }
}
