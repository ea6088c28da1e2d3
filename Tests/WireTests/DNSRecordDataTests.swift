import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct DNSRecordDataTests {
  @Test(
    "text becomes data and the expected text again",
    arguments: [
      ("A", "192.0.2.1", "192.0.2.1"), ("AAAA", "2001:DB8:0:0::1", "2001:db8::1"),
      ("CNAME", "Blue", "Blue.example.test."), ("NS", "@", "example.test."),
      ("MX", "10 mail.other.", "10 mail.other."),
      ("TXT", "plain \"a b\" \"\"", "\"plain\" \"a b\" \"\""),
      ("TXT", "\"q\\\"b\\\\s\\009\"", "\"q\\\"b\\\\s\\009\""),
      ("SRV", "1 2 389 ldap", "1 2 389 ldap.example.test."),
      ("CAA", "0 issue \"ca; p\"", "0 issue \"ca; p\""), ("CAA", "128 tbs x", "128 tbs \"x\""),
      (
        "SOA", "ns1 admin 4294967295 1h30m 1w 0 5",
        "ns1.example.test. admin.example.test. 4294967295 5400 604800 0 5"
      ),
      ("PTR", "host.", "host."), ("A", "\\# 4 c0 00 0201", "192.0.2.1"),
      ("TYPE65280", "\\# 3 abcdef", "\\# 3 abcdef"), ("TYPE65280", "\\# 0", "\\# 0"),
      ("TYPE1", "192.0.2.1", "192.0.2.1"), ("DS", "1 8 2 00FF aa", "1 8 2 00ffaa"),
    ])
  func roundTrips(type: String, text: String, expected: String) throws {
    let type = try #require(DNSType(type))
    let data = try DNSRecordData(type: type, text: text, origin: DNSName("example.test."))
    #expect(data.text == expected)
    #expect(try DNSRecordData(type: type, text: expected) == data)
    #expect(try DNSRecordData(type: type, bytes: data.bytes) == data)
  }

  @Test(
    "text that does not fit its type is refused",
    arguments: [
      ("A", "192.0.2"), ("A", "192.0.2.256"), ("A", "192.0.2.1 x"), ("A", ""),
      ("AAAA", "192.0.2.1"),
      ("MX", "65536 mail."), ("MX", "-1 mail."), ("MX", "10"), ("TXT", ""), ("TXT", "\"open"),
      ("CNAME", "a..b"), ("SOA", "a b 1 2 3 4"), ("SOA", "a b 1h 2 3 4 5"), ("CAA", "0 issue"),
      ("A", "\\# 3 c00002"), ("A", "\\# 4 c00002"), ("CNAME", "\\# 2 c000"), ("NAPTR", "1 2 3"),
      ("TXT", "a ; comment"), ("DS", "1 8 2 xyz"),
    ])
  func refuses(type: String, text: String) throws {
    let type = try #require(DNSType(type))
    #expect(throws: DNSTextError.self) { try DNSRecordData(type: type, text: text) }
  }

  @Test("data are equal when their bytes are, names in them in either case")
  func comparesNamesInData() throws {
    #expect(try DNSRecordData(type: .cname, text: "A.b.") == .init(type: .cname, text: "a.B."))
    #expect(try DNSRecordData(type: .mx, text: "1 A.") == .init(type: .mx, text: "1 a."))
    #expect(try DNSRecordData(type: .txt, text: "A") != .init(type: .txt, text: "a"))
    #expect(try DNSRecordData(type: .mx, text: "1 A.").canonical.text == "1 a.")
  }

  @Test(
    "seconds are read with and without units",
    arguments: [
      ("0", 0), ("3600", 3_600), ("1h30m", 5_400), ("1W2d", 777_600), ("4294967295", 4_294_967_295),
      ("4294967296", nil), ("1h30", nil), ("h", nil), ("", nil), ("1x", nil), ("-1", nil),
      ("99999999999999999999w", nil), ("7102w", nil),
    ] as [(String, UInt32?)])
  func readsSeconds(text: String, expected: UInt32?) {
    #expect(DNSSeconds.parse(text.utf8) == expected)
  }
}
