import Harness
import Resources
import Testing
import Wire

@testable import DNS

@Suite(.waiting) struct ZoneFileTests {
  private func zone(_ text: String) throws -> ZoneFile {
    try ZoneFile(Array(text.utf8), zone: DNSName("example.test."))
  }

  private static let start = "@ 60 IN SOA ns1 admin 1 2 3 4 5\n"

  private func sets(_ text: String, at name: String) throws -> [String] {
    try zone(Self.start + text).recordSets(at: DNSName(name)).map(\.summary)
  }

  @Test(
    "records are read as RFC 1035 and RFC 2308 say",
    arguments: [
      ("a 1h A 192.0.2.1\n", "a.example.test. 3600 A 192.0.2.1"),
      ("a IN 60 A 192.0.2.1\n", "a.example.test. 60 A 192.0.2.1"),
      ("a 60 IN A 192.0.2.1\n", "a.example.test. 60 A 192.0.2.1"),
      ("A a 192.0.2.1\n", "a.example.test. 60 A 192.0.2.1"),
      ("$TTL 1w\nA a 192.0.2.1\n", "a.example.test. 604800 A 192.0.2.1"),
      ("b 9 A 192.0.2.9\n$TTL 7\na A 192.0.2.1\n", "a.example.test. 7 A 192.0.2.1"),
      ("b 9 A 192.0.2.9\na A 192.0.2.1\n", "a.example.test. 9 A 192.0.2.1"),
      ("a ( 60 ; one\n IN ; two\n\n\tA\n192.0.2.1 ) ; end\n", "a.example.test. 60 A 192.0.2.1"),
      ("a MX 1 @\n", "a.example.test. 60 MX 1 example.test."),
      (
        "$ORIGIN b\n$ORIGIN c\nx CNAME y\n$ORIGIN example.test.\na A 192.0.2.1\n",
        "a.example.test. 60 A 192.0.2.1"
      ),
      (
        "\\097 TXT \"; no ( comment\" x\\;y ; yes\n",
        "a.example.test. 60 TXT \"; no ( comment\" \"x;y\""
      ),
      ("a.example.test. IN TYPE1 \\# 4 c0000201\n", "a.example.test. 60 A 192.0.2.1"),
      ("a HTTPS 1 . alpn=h2\n", "a.example.test. 60 HTTPS 1 . alpn=h2"),
      ("a A 192.0.2.1", "a.example.test. 60 A 192.0.2.1"),
      ("a A 192.0.2.1\r\n", "a.example.test. 60 A 192.0.2.1"),
      ("a A 192.0.2.2\n  A 192.0.2.1\n", "a.example.test. 60 A 192.0.2.1, 192.0.2.2"),
      ("outside.invalid. A 192.0.2.1\n\ta.example.test. A 192.0.2.1\n", nil),
    ] as [(String, String?)])
  func readsRecords(text: String, expected: String?) throws {
    guard let expected else {
      #expect(throws: ZoneFileError.self) { try sets(text, at: "a.example.test.") }
      return
    }
    #expect(try sets(text, at: "A.example.test.") == [expected])
  }

  @Test("relative origins stack up")
  func stacksOrigins() throws {
    let text = "$ORIGIN b\n$ORIGIN c\nx CNAME y\n"
    #expect(
      try sets(text, at: "x.c.b.example.test.")
        == ["x.c.b.example.test. 60 CNAME y.c.b.example.test."])
  }

  @Test(
    "what cannot be understood for sure is an error with line and column",
    arguments: [
      ("a A\n", 2, 1), ("a 60 IN\n", 2, 1), ("a A 192.0.2.1 x\n", 2, 5), ("a B 192.0.2.1\n", 2, 3),
      ("a CH A 192.0.2.1\n", 2, 3), ("a 60 70 A 192.0.2.1\n", 2, 6), ("a ( A 192.0.2.1\n", 2, 3),
      ("a A 192.0.2.1 )\n", 2, 15), ("a TXT \"open\n", 2, 7), ("$INCLUDE x\n", 2, 1),
      ("$GENERATE 1-2 a$ A 192.0.2.$\n", 2, 1), ("$NONSENSE\n", 2, 1), ("$TTL\n", 2, 1),
      ("$TTL -1\n", 2, 6), ("\n\na..b A 192.0.2.1\n", 4, 1), ("a TXT x\0y\n", 2, 8),
      ("a 99999999999 A 192.0.2.1\n", 2, 3), ("a TXT \\999\n", 2, 7), ("\"a\" A 192.0.2.1\n", 2, 1),
      ("@ SOA a b 1 2 3 4 5\n", 2, 1), ("a \"A\" 192.0.2.1\n", 2, 3), ("a A\r192.0.2.1\n", 2, 4),
      ("a AXFR x\n", 2, 3),
    ])
  func refuses(text: String, line: Int, column: Int) throws {
    do {
      _ = try zone(Self.start + text)
      Issue.record("accepted: \(text)")
    } catch let error as ZoneFileError {
      #expect(error.line == line && error.column == column, "\(error)")
    }
  }

  @Test(
    "a file without the zone's SOA, or without a TTL anywhere, is refused",
    arguments: ["", "a 60 A 192.0.2.1\n", "b 60 SOA a b 1 2 3 4 5\n", "a A 192.0.2.1\n", "  A 1\n"])
  func wantsStart(text: String) {
    #expect(throws: ZoneFileError.self) { try zone(text) }
  }

  @Test("hostile bytes end with records or an error", arguments: 0..<100)
  func survivesHostileBytes(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    let pieces = [
      "(", ")", "\"", ";", "\\", "\n", "\r\n", "\t", "$TTL", "$ORIGIN", "@", "IN", "\\#", "\0",
    ]
    for _ in 0..<50 {
      var bytes = Array(NamedServer.standardRecords.utf8)
      for _ in 0...Int.random(in: 0..<8, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        case 2:
          bytes.insert(contentsOf: pieces.randomElement(using: &random)?.utf8 ?? "".utf8, at: place)
        default: bytes.append(contentsOf: bytes[place...].prefix(40))
        }
      }
      do throws(ZoneFileError) {
        let zone = try ZoneFile(bytes, zone: DNSName(checkedText: "example.test."))
        for record in zone.records { #expect(!record.value.isEmpty) }
      } catch {
        #expect(error.line >= 1 && error.column >= 1)
      }
    }
  }
}

extension DNSName {
  /// A name that is known to be sound.
  init(checkedText text: String) {
    self = (try? DNSName(text)) ?? .root
  }
}
