import Harness
import Resources
import Testing

@Suite("Retry-After and the dates of HTTP", .waiting)
struct RetryAfterTests {
  private static let now = Timestamp(milliseconds: 784_111_777_000)

  @Test(
    "all three forms of RFC 9110 are read, and nothing else",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
      ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
      ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200),
      ("Wednesday, 01-Jan-25 00:00:00 GMT", 1_735_689_600), ("Sun, 06 Nov 1994 08:49:37 PST", nil),
      ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
      ("Sun, 06 Nov 1994 08:49 GMT", nil), ("soon", nil), ("", nil),
    ] as [(String, Int64?)])
  func readsDates(text: String, seconds: Int64?) {
    #expect(HTTPDate.seconds(text) == seconds)
  }

  @Test(
    "a wait is a number or a date, counted by the server's own clock, and bounded",
    arguments: [
      ("7", nil, 7), ("0", nil, 0), ("-5", nil, 0), ("99999", nil, 300),
      ("Sun, 06 Nov 1994 08:49:50 GMT", nil, 13),
      ("Sun, 06 Nov 1994 08:49:50 GMT", "Sun, 06 Nov 1994 08:49:47 GMT", 3),
      ("Sun, 06 Nov 1994 08:49:50 GMT", "yesterday", 13),
      ("Sun, 06 Nov 1994 08:00:00 GMT", nil, 0), ("Fri, 31 Dec 9999 23:59:59 GMT", nil, 300),
      ("99999999999999999999", nil, nil), ("later", nil, nil),
    ] as [(String, String?, Int64?)])
  func reads(text: String, date: String?, seconds: Int64?) {
    let wait = RetryAfter.wait(text, date: date, now: Self.now, most: .seconds(300))
    #expect(wait == seconds.map { .seconds($0) })
    #expect(RetryAfter.wait(nil, date: date, now: Self.now, most: .seconds(300)) == nil)
  }
}
