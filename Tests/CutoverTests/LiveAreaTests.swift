import Harness
import Testing

@testable import Program

@Suite("The redrawn area", .waiting)
struct LiveAreaTests {
  private let palette = Palette(
    Screen(isTerminal: true, isColoured: false, canRedraw: true, hasUnicode: true))

  @Test("a second frame goes up by the lines of the first and clears below")
  func secondFrame() {
    var area = LiveArea()
    let first = area.frame(above: [], live: ["one", "two"], size: (80, 24), palette: palette)
    #expect(first == "one\ntwo\n")
    let second = area.frame(above: ["fact"], live: ["three"], size: (80, 24), palette: palette)
    #expect(second == "\u{1B}[2A\r\u{1B}[Jfact\nthree\n")
  }

  @Test("a frame that shows the same writes nothing")
  func unchanged() {
    var area = LiveArea()
    _ = area.frame(above: [], live: ["one"], size: (80, 24), palette: palette)
    #expect(area.frame(above: [], live: ["one"], size: (80, 24), palette: palette) == "")
  }

  @Test("lines that a narrower window has wrapped are counted as wrapped")
  func resized() {
    var area = LiveArea()
    let wide = Line(String(repeating: "x", count: 60))
    _ = area.frame(above: [], live: [wide, "short"], size: (80, 24), palette: palette)
    let text = area.frame(above: [], live: [], size: (25, 24), palette: palette)
    // 60 columns take three rows of 25, and the short line one more.
    #expect(text == "\u{1B}[4A\r\u{1B}[J")
  }

  @Test("no line is wider than the window, and none is taller")
  func fits() {
    var area = LiveArea()
    let lines = (0..<30).map { Line("step \($0) " + String(repeating: "x", count: 100)) }
    let text = area.frame(above: [], live: lines, size: (40, 10), palette: palette)
    let shown = text.split(separator: "\n")
    #expect(shown.count == 8)
    #expect(shown.allSatisfy { $0.count <= 39 })
    #expect(shown.last == "  and 23 more")
  }
}
