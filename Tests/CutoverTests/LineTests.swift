import Harness
import Testing

@testable import Program

@Suite("Lines", .waiting)
struct LineTests {
  private let coloured = Palette(
    Screen(isTerminal: true, isColoured: true, canRedraw: true, hasUnicode: true))
  private let plain = Palette(Screen.plain)
  private let ascii = Palette(
    Screen(isTerminal: true, isColoured: false, canRedraw: false, hasUnicode: false))

  @Test("control characters from outside never reach the terminal")
  func controlCharacters() {
    let hostile = "a\u{1B}[2Jb\rc\u{9B}31md\u{7}e\nf\u{202E}g\u{2028}h"
    let line: Line = "name \(hostile, .strong)"
    for palette in [coloured, plain] {
      let ours = palette.render("name \("", .strong)")
      let shown = palette.render(line)
      let foreign = shown.replacing("\u{1B}[1m", with: "").replacing("\u{1B}[0m", with: "")
      #expect(ours == "name ")
      #expect(foreign == "name a\\e[2Jb\\rc\\u{9B}31md\\u{7}e\\nf\\u{202E}g\\u{2028}h")
    }
  }

  @Test("tones become colours only where colours are shown")
  func tones() {
    let line: Line = "\("good", .good) \("bad", .bad)"
    #expect(coloured.render(line) == "\u{1B}[32mgood\u{1B}[0m \u{1B}[31mbad\u{1B}[0m")
    #expect(plain.render(line) == "good bad")
  }

  @Test("without Unicode our marks become ASCII of the same width")
  func asciiMarks() {
    let line: Line = "✓ a → b …"
    #expect(ascii.render(line) == "+ a > b .")
    #expect(ascii.render("日本 é") == "???? ?")
  }

  @Test(
    "the width counts columns, not characters",
    arguments: [("abc", 3), ("é", 1), ("日本", 4), ("👍", 2), ("e\u{301}", 1), ("", 0)])
  func widths(text: String, width: Int) {
    #expect(Line(text).width == width)
  }

  @Test("a cut line has exactly the columns given, its ellipsis included")
  func cut() {
    let line: Line = "\("abcdef", .strong) ghij"
    #expect(line.cut(to: 8, ellipsis: "…").text == "abcdef …")
    #expect(line.cut(to: 11, ellipsis: "…") == line)
    #expect(Line("日本語").cut(to: 4, ellipsis: "…").text == "日…")
    #expect(Line("a\u{1B}b").cut(to: 3, ellipsis: "…").text == "a\\…")
  }

  @Test("padding fills up to a column and never cuts")
  func padding() {
    #expect(Line("ab").padded(to: 4).text == "ab  ")
    #expect(Line("abcdef").padded(to: 4).text == "abcdef")
    #expect(Line("日").padded(to: 4).text == "日  ")
  }
}
