import Digests
import Harness
import Testing

@testable import Wire

/// A server of others that speaks HTTP/2 where it is asked to, with an authority of its own.
@Suite("HTTP/2 and TLS", .waiting, .timeLimit(.minutes(15)))
struct HTTP2Tests {
  private func client(trusting file: String?) -> HTTPClient {
    HTTPClient(
      .init(
        userAgent: "cutover-tests", proxies: .none,
        authorities: file.map { .file($0) } ?? .system))
  }

  private func certificate(_ folder: TemporaryFolder) throws -> LoopbackServer.Certificate {
    try LoopbackServer.Certificate.make(in: folder.path, expires: "20400229123456Z")
  }

  private func reason(of request: HTTPRequest, by client: HTTPClient) async -> String? {
    do throws(HTTPFailure) {
      _ = try await client.send(request)
      return nil
    } catch {
      guard case .tls(let why) = error.reason else { return "not TLS: \(error)" }
      return why
    }
  }

  private static let block = (0..<4096).flatMap { _ in (0...255).map { UInt8($0) } }

  @Test("whole requests go over HTTP/2, many at once, and every byte arrives")
  func speaksHTTP2() async throws {
    let folder = try TemporaryFolder()
    let certificate = try certificate(folder)
    try await HTTP2Server.run(certificate) { server in
      let client = client(trusting: certificate.authority)
      let empty = Digest.hex(Digest.sha256([]))
      let first = try await client.send(HTTPRequest("GET", server.base + "/told"))
      #expect(first.text == "2 0 \(empty)")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            let body = [UInt8](repeating: UInt8(number), count: number * 10_007)
            let reply = try await client.send(
              HTTPRequest("PUT", server.base + "/told", body: body))
            #expect(reply.text == "2 \(body.count) \(Digest.hex(Digest.sha256(body)))")
          }
        }
        try await group.waitForAll()
      }
      let large = try await client.send(HTTPRequest("GET", server.base + "/blocks?count=5"))
      #expect(large.body.count == 5 << 20 && Array(large.body[(1 << 20)..<(2 << 20)]) == Self.block)
    }
  }

  @Test("streams go both ways over TLS, beside requests of HTTP/2 to the same server")
  func streams() async throws {
    let folder = try TemporaryFolder()
    let certificate = try certificate(folder)
    try await HTTP2Server.run(certificate) { server in
      let client = client(trusting: certificate.authority)
      let down = try await client.stream(HTTPRequest("GET", server.base + "/blocks?count=24"))
      #expect(down.status == 200 && down.byteCount == 24 << 20)
      // The stream is held up meanwhile, and nobody waits for it.
      let beside = try await client.send(HTTPRequest("GET", server.base + "/told"))
      #expect(beside.text.hasPrefix("2 "))
      var got = StreamingSHA256()
      var wanted = StreamingSHA256()
      while let piece = try await down.next() { got.update(piece) }
      for _ in 0..<24 { wanted.update(Self.block) }
      let digests = (got.finish(), wanted.finish())
      #expect(digests.0 == digests.1)

      let source = HTTPBodySource(Array(repeating: Self.block, count: 12))
      let up = try await client.stream(
        HTTPRequest("PUT", server.base + "/told"), body: source)
      let told = String(decoding: try await up.rest(bytesMax: 1000), as: UTF8.self)
      var sent = StreamingSHA256()
      for _ in 0..<12 { sent.update(Self.block) }
      let digest = Digest.hex(sent.finish())
      #expect(told == "1.1 \(12 << 20) \(digest)")
    }
  }

  @Test("an authority that nobody named is refused, for streams too")
  func refusesAuthorities() async throws {
    let folder = try TemporaryFolder()
    let certificate = try certificate(folder)
    let other = try TemporaryFolder()
    let foreign = try self.certificate(other)
    try await HTTP2Server.run(certificate) { server in
      let request = HTTPRequest("GET", server.base + "/told")
      for authority in [nil, foreign.authority] {
        let why = await reason(of: request, by: client(trusting: authority))
        #expect(why?.contains("issuer certificate") == true || why?.contains("signature") == true)
        await #expect(throws: HTTPFailure.self) {
          try await client(trusting: authority).stream(request)
        }
      }
    }
  }

  @Test("TLS 1.1 is refused although the server would speak it, TLS 1.2 is accepted")
  func refusesOldTLS() async throws {
    let folder = try TemporaryFolder()
    let certificate = try certificate(folder)
    let old = """
      import socket, ssl, sys
      context = ssl.create_default_context(cafile=sys.argv[2])
      context.set_ciphers("ALL:@SECLEVEL=0")
      context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
      with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as plain:
          print(context.wrap_socket(plain, server_hostname="localhost").version())
      """
    try await HTTP2Server.run(certificate, tls: .onlyTLS11) { server in
      let speaks = try Tool.run([
        "python3", "-W", "ignore", "-c", old, "\(server.port)", certificate.authority,
      ])
      #expect(speaks.text == "TLSv1.1\n", "\(speaks.errorText)")
      let why = await reason(
        of: HTTPRequest("GET", server.base + "/told"),
        by: client(trusting: certificate.authority))
      // This server hangs up without a word, as soon as it is not asked for its only version.
      #expect(why?.contains("cut off while agreeing on TLS") == true, "\(why ?? "accepted")")
    }
    try await HTTP2Server.run(certificate, tls: .onlyTLS12) { server in
      let reply = try await client(trusting: certificate.authority)
        .send(HTTPRequest("GET", server.base + "/told"))
      #expect(reply.text.hasPrefix("2 0 "))
    }
  }
}
