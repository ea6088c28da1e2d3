import Harness
import Resources
import Testing
import Wire

@testable import DNS

@Suite(.waiting) struct ZoneFileEditorTests {
  private func edit(
    _ text: String, _ name: String, _ wanted: [RecordSet]
  ) throws -> String {
    let zone = try ZoneFile(Array(text.utf8), zone: DNSName("example.test."))
    let former = zone.recordSets(at: try DNSName(name))
    let change = try RecordChange(at: name, former: former, wanted: wanted, in: zone.zone)
    let bytes = try ZoneFileEditor.edit(zone, change, serial: zone.serial + 1)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func set(_ type: String, _ values: String..., ttl: Int = 60) -> RecordSet {
    RecordSet(name: "a.example.test.", type: type, ttlSeconds: ttl, values: values)
  }

  private let start = "$TTL 60\n@ SOA n m 1 2 3 4 5\n"
  private let started = "$TTL 60\n@ SOA n m 2 2 3 4 5\n"

  @Test("a changed value keeps its line, a value that stays is not touched")
  func changesInPlace() throws {
    let text = start + "a A 192.0.2.1 ; first\n  A 192.0.2.2 ; second\nb A 192.0.2.9\n"
    let wanted = [set("A", "192.0.2.2", "192.0.2.3")]
    #expect(
      try edit(text, "a.example.test.", wanted)
        == started + "a A 192.0.2.3 ; first\n  A 192.0.2.2 ; second\nb A 192.0.2.9\n")
  }

  @Test("what a record took over from a line that goes is written out")
  func keepsInherited() throws {
    let text = "@ 60 SOA n m 1 2 3 4 5\na 60 CNAME c\nb A 192.0.2.1\n  TXT x\n"
    #expect(
      try edit(text, "b.example.test.", [])
        == "@ 60 SOA n m 2 2 3 4 5\na 60 CNAME c\n")
    let shared = "@ 60 SOA n m 1 2 3 4 5\na 30 A 192.0.2.1\n  TXT x\nb A 192.0.2.2\n"
    #expect(
      try edit(shared, "a.example.test.", [set("TXT", "\"x\"", ttl: 30)])
        == "@ 60 SOA n m 2 2 3 4 5\na.example.test.  30 TXT x\nb A 192.0.2.2\n")
    #expect(
      try edit(
        shared, "a.example.test.", [set("A", "192.0.2.1", ttl: 5), set("TXT", "\"x\"", ttl: 30)])
        == "@ 60 SOA n m 2 2 3 4 5\na 5 A 192.0.2.1\n  30 TXT x\nb A 192.0.2.2\n")
  }

  @Test("kinds change on their place, additions go below the name or to the end")
  func placesLines() throws {
    let text = start + "a CNAME b\nb A 192.0.2.1\n"
    #expect(
      try edit(text, "a.example.test.", [set("A", "192.0.2.7")])
        == started + "a.example.test.\t60\tIN\tA\t192.0.2.7\nb A 192.0.2.1\n")
    let crlf = "$TTL 60\r\n@ SOA n m 1 2 3 4 5\r\nb A 192.0.2.1"
    #expect(
      try edit(crlf, "a.example.test.", [set("A", "192.0.2.7")])
        == "$TTL 60\r\n@ SOA n m 2 2 3 4 5\r\nb A 192.0.2.1\r\n"
        + "a.example.test.\t60\tIN\tA\t192.0.2.7\r\n"
    )
  }

  @Test("odd layouts are changed rightly or not at all")
  func survivesOddLayouts() throws {
    let text = start + "a ( A 192.0.2.1 ) ; odd\nb ( TXT ( x ) y ) A TXT\n"
    #expect(
      try edit(text, "a.example.test.", []) == started + "b ( TXT ( x ) y ) A TXT\n")
    let odd = start + "a ( A\n 192.0.2.1 ) ; odd\nb A 192.0.2.2\n"
    let changed = try edit(odd, "a.example.test.", [set("A", "192.0.2.5")])
    #expect(changed == started + "a ( A\n 192.0.2.5 ) ; odd\nb A 192.0.2.2\n")
    let split = start + "a MX ( 10 m\n ) ; odd\n"
    #expect(
      try edit(split, "a.example.test.", [set("MX", "5 x.")])
        == started + "a MX ( 5 x.\n ) ; odd\n")
    let crossing = start + "a MX 10 ( m\n ) ; odd\nb A 192.0.2.2\n"
    let crossed = try edit(crossing, "a.example.test.", [set("MX", "5 x.")])
    #expect(crossed == started + "a.example.test.\t60\tIN\tMX\t5 x.\nb A 192.0.2.2\n")
  }

  @Test("any change of any sound file leaves all other records as they were", arguments: 0..<60)
  func keepsOthers(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    for _ in 0..<20 {
      let text = Self.randomFile(&random)
      let zone = try ZoneFile(Array(text.utf8), zone: DNSName("example.test."))
      var wanted: [RecordSet] = []
      for type in ["A", "TXT"] where Bool.random(using: &random) {
        let numbers = (1...3).filter { _ in Bool.random(using: &random) }
        guard !numbers.isEmpty else { continue }
        let values = numbers.map { type == "A" ? "192.0.2.\($0)" : "\"t\($0)\"" }
        let ttl = [5, 60, 300].randomElement(using: &random) ?? 5
        wanted.append(
          RecordSet(name: "a.example.test.", type: type, ttlSeconds: ttl, values: values))
      }
      let result = try edit(text, "a.example.test.", wanted)
      let after = try ZoneFile(Array(result.utf8), zone: zone.zone)
      let name = try DNSName("a.example.test.")
      #expect(after.recordSets(at: name) == wanted.ordered(), "\(text)\n->\n\(result)")
      let others = { (file: ZoneFile) in file.records.filter { $0.name != name && $0.type != .soa }
      }
      #expect(zip(others(zone), others(after)).allSatisfy { $0.isSame(as: $1) })
      #expect(others(zone).count == others(after).count)
    }
  }

  /// A sound file in which owners and TTLs are left out and layouts vary.
  private static func randomFile(_ random: inout SeededNumbers) -> String {
    var text = "@ 60 SOA n m ( 7 ; serial\n 2 3 4 5 )\n"
    var owner = ""
    for number in 0..<Int.random(in: 0..<12, using: &random) {
      let name = ["a", "b", "a.example.test.", "c"].randomElement(using: &random) ?? "a"
      let isSame = name == owner && Bool.random(using: &random)
      let ttl = ["", "60 ", "300 ", "1m IN "].randomElement(using: &random) ?? ""
      let data =
        [
          "A 192.0.2.\(number % 4 + 1)", "TXT t\(number % 4)", "TXT ( \"t\(number % 3)\" )",
          "( A\n 192.0.2.\(number % 4 + 1) )",
        ].randomElement(using: &random) ?? ""
      let end = ["\n", " ; comment\n", "\n\n", "\n; line\n"].randomElement(using: &random) ?? "\n"
      text += "\(isSame ? " " : name) \(ttl)\(data)\(end)"
      if number == 5, Bool.random(using: &random) { text += "$TTL 90\n" }
      owner = name
    }
    return text
  }
}
