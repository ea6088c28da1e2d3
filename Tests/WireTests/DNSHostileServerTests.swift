import Glibc
import Harness
import Testing

@testable import Wire

/// A server in the test's own hands: what it answers is written here, byte by byte.
@Suite(.waiting) struct DNSHostileServerTests {
  private let key = TSIGKey(
    name: (try? DNSName("key.")) ?? .root, algorithm: .sha256, secret: [1, 2, 3])

  private var query: DNSMessage {
    .query((try? DNSName("www.example.test.")) ?? .root, .a, recursion: false)
  }

  /// Asks a server that answers each datagram with what `answer` makes of it.
  private func outcome(
    key: TSIGKey? = nil, _ answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]
  ) async throws -> Result<DNSMessage, DNSFailure> {
    try await DatagramServer.with(answer) { port in
      let limits = DNSLimits(
        datagrams: 1, datagram: .seconds(2), connection: .seconds(2))
      let client = DNSClient(limits: limits) { 1_800_000_000 }
      do throws(DNSFailure) {
        let server = DNSEndpoint(host: "127.0.0.1", port: UInt16(port))
        return .success(try await client.exchange(query, with: server, key: key))
      } catch {
        return .failure(error)
      }
    }
  }

  private func reason(_ outcome: Result<DNSMessage, DNSFailure>) -> DNSFailure.Reason? {
    if case .failure(let failure) = outcome { failure.reason } else { nil }
  }

  /// A sound reply to a question, which the closure may spoil.
  private static func reply(
    _ request: [UInt8], _ spoil: (inout DNSMessage) -> Void = { _ in }
  ) -> [UInt8] {
    guard var message = try? DNSMessage.decode(request).message else { return [] }
    message.isReply = true
    message.additional = []
    spoil(&message)
    return (try? message.encoded()) ?? []
  }

  @Test("replies with another id, question or operation, and questions, are passed over")
  func passesOver() async throws {
    let sound = try await outcome { request in
      [
        [], [1, 2, 3], Self.reply(request) { $0.id ^= 1 },
        Self.reply(request) { $0.questions[0].type = .aaaa },
        Self.reply(request) { $0.questions = [] }, Self.reply(request) { $0.isReply = false },
        Self.reply(request) { $0.operation = .update }, Self.reply(request) { $0.code = .refused },
      ]
    }
    #expect(try sound.get().code == .refused)
  }

  @Test("nothing but nonsense is told as such, and a flood of it ends")
  func tellsNonsense() async throws {
    let nonsense = try await outcome { _ in Array(repeating: [9, 9, 9], count: 3) }
    guard case .malformed = reason(nonsense) else {
      Issue.record("\(nonsense)")
      return
    }
    let flood = try await outcome { _ in Array(repeating: [9, 9, 9], count: 500) }
    guard case .malformed = reason(flood) else {
      Issue.record("\(flood)")
      return
    }
  }

  @Test("a server that knows no EDNS is asked without it")
  func doesWithoutExtensions() async throws {
    let old = try await outcome { request in
      let hasOptions = (try? DNSMessage.decode(request).message.additional.isEmpty) == false
      return [Self.reply(request) { $0.code = hasOptions ? .formatError : .noSuchName }]
    }
    #expect(try old.get().code == .noSuchName)
  }

  @Test("a reply without a signature, or with one that does not fit, is not believed")
  func wantsSignatures() async throws {
    let unsigned = try await outcome(key: key) { [Self.reply($0)] }
    #expect(reason(unsigned) == .signature(.unsigned(code: 0)))
    let key = key
    let forged = try await outcome(key: key) { request in
      // Signed with the right key, but not as the answer to this request.
      var session = TSIGSession(key)
      return [session.sign(Self.reply(request), time: 1_800_000_000)]
    }
    #expect(reason(forged) == .signature(.forged("it does not fit the message")))
  }

  @Test("no change of one byte in a signed reply goes unnoticed", arguments: 0..<20)
  func noticesEveryByte(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    let now: UInt64 = 1_800_000_000
    var server = TSIGSession(key)
    let call = try DNSCall(query, key: key) { now }
    // The server's side of the exchange: it signs its reply over the request's signature.
    let request = try DNSMessage.decode(call.bytes)
    let signature = try TSIGRecord(data: #require(request.message.additional.last).data.bytes)
    let reply = server.signReply(Self.reply(call.bytes), to: signature.code, time: now)
    var sound = call
    #expect(throws: Never.self) { try sound.accept(reply, now: now) }
    for _ in 0..<50 {
      var spoiled = reply
      let place = Int.random(in: 2..<reply.count, using: &random)
      spoiled[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      var call = call
      // Names in messages may be in either case without being another name.
      let isLetter = (0x41...0x7a).contains(reply[place]) && spoiled[place] == reply[place] ^ 0x20
      if isLetter { continue }
      #expect(throws: DNSFailure.Reason.self, "byte \(place)") {
        try call.accept(spoiled, now: now)
      }
    }
  }
}

extension TSIGSession {
  /// Signs as a server does; the code of the request is part of what is signed.
  mutating func signReply(_ reply: [UInt8], to code: [UInt8], time: UInt64) -> [UInt8] {
    sign(reply, time: time, after: code)
  }
}
