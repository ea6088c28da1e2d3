import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct DNSMessageTests {
  private func sample() throws -> DNSMessage {
    var message = DNSMessage.query(try DNSName("www.example.test."), .any, recursion: true)
    message.id = 0xbeef
    message.isReply = true
    message.isAuthoritative = true
    let name = try DNSName("www.example.test.")
    let sets: [(DNSType, String)] = [
      (.a, "192.0.2.1"), (.aaaa, "2001:db8::1"), (.cname, "a.b."), (.mx, "10 m."),
      (.txt, "a \"b c\""), (.srv, "1 2 3 t."), (.caa, "0 issue x"), (.ptr, "p."),
      (DNSType(rawValue: 65_280), "\\# 2 beef"),
    ]
    for (type, text) in sets {
      message.answers.append(DNSRecord(name, ttlSeconds: 60, try .init(type: type, text: text)))
    }
    message.authority = [
      DNSRecord(
        try DNSName("test."), ttlSeconds: 5, try .init(type: .soa, text: "a. b. 1 2 3 4 5"))
    ]
    message.allowLargeDatagrams()
    return message
  }

  @Test("a message of every known type is the same after encoding and decoding")
  func roundTrips() throws {
    let message = try sample()
    #expect(try DNSMessage.decode(message.encoded()).message == message)
  }

  @Test("compressed names are followed, also inside data")
  func decompresses() throws {
    // The reply to "mail.test MX": pointers in the owner's name and inside the data.
    let bytes: [UInt8] =
      [0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]
      + [4] + Array("mail".utf8) + [4] + Array("test".utf8) + [0, 0, 15, 0, 1]
      + [0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 6, 0, 10, 1] + Array("x".utf8) + [0xc0, 17]
    let message = try DNSMessage.decode(bytes).message
    #expect(message.answers.first?.name.description == "mail.test.")
    #expect(message.answers.first?.data.text == "10 x.test.")
  }

  @Test(
    "a pointer to itself, forward or in a loop is refused",
    arguments: [
      [0xc0, 12], [0xc0, 14, 0xc0, 12], [1, 97, 0xc0, 12], [0xc0, 200], [0xc0], [0x80, 0],
    ])
  func refusesLoops(name: [UInt8]) {
    let bytes = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 1, 0, 1]
    #expect(throws: DNSMessageError.self) { try DNSMessage.decode(bytes) }
  }

  @Test("a message cut off anywhere, or with more behind it, is refused")
  func refusesCuts() throws {
    let bytes = try sample().encoded()
    for count in bytes.indices {
      #expect(throws: DNSMessageError.self) { try DNSMessage.decode(Array(bytes[..<count])) }
    }
    #expect(throws: DNSMessageError.self) { try DNSMessage.decode(bytes + [0]) }
  }

  @Test("hostile bytes end with a message or an error", arguments: 0..<100)
  func survivesHostileBytes(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    let sound = try sample().encoded()
    for _ in 0..<200 {
      var bytes = sound
      for _ in 0...Int.random(in: 0..<6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(0xc0, at: place)
        default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      guard let decoded = try? DNSMessage.decode(bytes) else { continue }
      // Whatever was accepted can be shown, compared and, unless it grew too long, sent.
      for record in decoded.message.answers {
        #expect(record.data == record.data.canonical)
        #expect(!record.data.text.isEmpty && !record.name.description.isEmpty)
      }
      if let again = try? decoded.message.encoded() {
        #expect(try DNSMessage.decode(again).message.answers == decoded.message.answers)
      }
    }
  }
}
