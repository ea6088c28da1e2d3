import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct DNSNameTests {
  @Test(
    "text becomes a name and the same text again",
    arguments: [
      ("www.example.test.", "www.example.test."), (".", "."), ("a", "a."),
      ("odd\\.dot.example.", "odd\\.dot.example."), ("\\032x.test.", "\\032x.test."),
      ("\\119ww.test.", "www.test."), ("*.wild.test.", "*.wild.test."),
      ("ü.test.", "\\195\\188.test."),
      ("a\\\\b.test.", "a\\\\b.test."), ("a\\;b.", "a\\;b."), ("x\\..", "x\\.."),
    ])
  func roundTrips(text: String, expected: String) throws {
    let name = try DNSName(text)
    #expect(name.description == expected)
    #expect(try DNSName(name.description) == name)
  }

  @Test("a name without a final dot continues with the origin")
  func continues() throws {
    let origin = try DNSName("example.test.")
    #expect(try DNSName("www", origin: origin).description == "www.example.test.")
    #expect(try DNSName("www.", origin: origin).description == "www.")
    #expect(try DNSName("www\\.", origin: origin).description == "www\\..example.test.")
  }

  @Test(
    "what is no name is refused", arguments: ["", "..", "a..b", ".a", "a\\", "a\\25", "a\\256."])
  func refuses(text: String) {
    #expect(throws: DNSTextError.self) { try DNSName(text) }
  }

  @Test("labels may have 63 bytes and names 255, not one more")
  func bounds() throws {
    let label = String(repeating: "a", count: 63)
    #expect(try DNSName(label + ".").labels.count == 1)
    #expect(throws: DNSTextError.self) { try DNSName(label + "a.") }
    let longest = "\(label).\(label).\(label).\(label.dropLast(2))."
    #expect(try DNSName(longest).wire.count == 255)
    #expect(throws: DNSTextError.self) { try DNSName("b" + longest) }
  }

  @Test("names are equal by bytes, letters of ASCII without regard to case")
  func comparesBytes() throws {
    #expect(try DNSName("WWW.Example.TEST.") == DNSName("www.example.test."))
    #expect(try DNSName("WWW.test.").hashValue == DNSName("www.test.").hashValue)
    // One letter composed and decomposed: Swift's String calls these equal.
    #expect(try DNSName("\u{e9}.test.") != DNSName("e\u{301}.test."))
    #expect(try DNSName("[.test.") != DNSName("{.test."))
    #expect(try DNSName("a\\.b.") != DNSName("a.b."))
  }

  @Test("within means the name itself or below, by whole labels")
  func knowsWithin() throws {
    let zone = try DNSName("example.test.")
    #expect(try DNSName("Example.TEST.").isWithin(zone))
    #expect(try DNSName("a.b.example.test.").isWithin(zone))
    #expect(try !DNSName("badexample.test.").isWithin(zone))
    #expect(try !DNSName("test.").isWithin(zone))
    #expect(zone.isWithin(.root))
  }
}
