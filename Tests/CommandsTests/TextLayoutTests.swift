import Testing

@testable import Commands

@Suite struct TextLayoutTests {
  @Test("no wrapped line is wider than asked, unless one word is", arguments: 1...40)
  func wrapping(width: Int) {
    let text = "The quick brown fox jumps over extraordinarily lazy dogs"
    let lines = TextLayout.wrap(text, width: width)
    for line in lines { #expect(line.count <= width || !line.contains(" ")) }
    #expect(lines.joined(separator: " ") == text)
  }

  @Test("a left side that is too wide puts its text on the next line")
  func wideLeft() {
    let table = TextLayout.table([
      ("short", "One."), (String(repeating: "w", count: 40), "Two."), ("bare", ""),
    ])
    #expect(
      table == "  short  One.\n  \(String(repeating: "w", count: 40))\n         Two.\n  bare\n")
  }
}
