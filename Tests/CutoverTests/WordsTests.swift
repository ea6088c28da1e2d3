import Harness
import Testing

@testable import Program

@Suite("Words", .waiting)
struct WordsTests {
  @Test(
    "numbers are grouped by thousands",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
    ])
  func counts(number: Int, text: String) {
    #expect(Words.count(number) == text)
  }

  @Test("one is singular")
  func plurals() {
    #expect(Words.count(1, "step") == "1 step")
    #expect(Words.count(2, "step") == "2 steps")
    #expect(Words.count(0, "entry", "entries") == "0 entries")
  }

  @Test(
    "bytes have one digit and the unit that fits",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"),
      (999_999_999, "1.0 GB"), (Int64.max, "9223.4 PB"),
    ])
  func bytes(number: Int64, text: String) {
    #expect(Words.bytes(number) == text)
  }

  @Test(
    "spans of time have two units at most",
    arguments: [
      (Duration.milliseconds(0), "0.0 s"), (.milliseconds(340), "0.3 s"), (.seconds(12), "12 s"),
      (.seconds(185), "3 min 05 s"), (.seconds(7800), "2 h 10 min"), (.seconds(273_600), "3 d 4 h"),
      (.seconds(-5), "0.0 s"),
    ])
  func spans(duration: Duration, text: String) {
    #expect(Words.span(duration) == text)
  }
}
