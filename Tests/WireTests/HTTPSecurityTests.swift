import Foundation
import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct HTTPSecurityTests {
  private func client(trusting file: String?) -> HTTPClient {
    HTTPClient(
      .init(
        userAgent: "cutover-tests", proxies: .none,
        authorities: file.map { .file($0) } ?? .system))
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

  private func isRefusedRedirect(_ request: HTTPRequest, by client: HTTPClient) async -> Bool {
    var request = request
    request.redirectsMax = 1
    do throws(HTTPFailure) {
      _ = try await client.send(request)
      return false
    } catch {
      guard case .invalid(let why) = error.reason else { return false }
      return why.contains("less safe")
    }
  }

  @Test("a certificate of the given authority is accepted and its end is told")
  func tellsExpiry() async throws {
    try await TemporaryFolder.with { folder in
      let certificate = try LoopbackServer.Certificate.make(in: folder, expires: "20400229123456Z")
      try await LoopbackServer.run(tls: certificate) { server in
        let client = client(trusting: server.authority)
        var request = HTTPRequest("GET", server.base + "/echo")
        request.connection = .fresh
        request.redirectsMax = 1
        let unsafe = HTTPRequest("GET", server.base + "/to?http://localhost:\(server.port)/echo")
        #expect(await isRefusedRedirect(unsafe, by: client))
        for _ in 0..<2 {
          let reply = try await client.send(request)
          #expect(reply.certificate?.expires == Date(timeIntervalSince1970: 2_214_131_696))
          #expect(reply.certificate?.subject.contains("localhost") == true)
        }
      }
    }
  }

  @Test("a server that hangs up while a request is being sent costs that request only")
  func survivesHangUps() async throws {
    try await TemporaryFolder.with { folder in
      let certificate = try LoopbackServer.Certificate.make(in: folder, expires: "20400229123456Z")
      try await LoopbackServer.run(tls: certificate) { server in
        let client = client(trusting: server.authority)
        let body = [UInt8](repeating: 7, count: 8 << 20)
        for _ in 0..<3 {
          let outcome = await reason(
            of: HTTPRequest("POST", server.base + "/hang-up", body: body), by: client)
          #expect(outcome?.contains("dropped") == true)
        }
        let reply = try await client.send(HTTPRequest("GET", server.base + "/status/204"))
        #expect(reply.status == 204)
      }
    }
  }

  @Test("an unknown authority, an expired certificate and a foreign name are refused with reasons")
  func refusesBadCertificates() async throws {
    try await TemporaryFolder.with { folder in
      let certificate = try LoopbackServer.Certificate.make(in: folder, expires: "20400229123456Z")
      try await LoopbackServer.run(tls: certificate) { server in
        let request = HTTPRequest("GET", server.base + "/echo")
        let unknown = await reason(of: request, by: client(trusting: nil))
        #expect(unknown?.contains("unable to get local issuer certificate") == true)
        var foreign = HTTPRequest("GET", "https://elsewhere.invalid:\(server.port)/echo")
        foreign.aim = HTTPAim(host: "elsewhere.invalid", port: server.port, address: "127.0.0.1")
        let name = await reason(of: foreign, by: client(trusting: server.authority))
        #expect(name?.contains("elsewhere.invalid") == true)
        let missing = await reason(of: request, by: client(trusting: folder + "/no-such-file"))
        #expect(missing?.contains("no-such-file") == true)
      }
    }
    try await TemporaryFolder.with { folder in
      let certificate = try LoopbackServer.Certificate.make(in: folder, expires: "20210101000000Z")
      try await LoopbackServer.run(tls: certificate) { server in
        let request = HTTPRequest("GET", server.base + "/echo")
        let expired = await reason(of: request, by: client(trusting: server.authority))
        #expect(expired?.contains("certificate has expired") == true)
      }
    }
  }

  @Test(
    "the dates of certificates are read to the second, and nothing else is taken for one",
    arguments: [
      ("Nov 21 00:50:00 2026 GMT", 1_795_222_200.0), ("Jan  1 00:00:00 1970 GMT", 0.0),
      ("Feb 29 12:34:56 2040 GMT", 2_214_131_696.0), ("Feb 29 12:34 2040 GMT", nil),
      ("2026-11-21 00:50:00 GMT", nil), ("Nix 21 00:50:00 2026 GMT", nil), ("", nil),
    ])
  func readsDates(text: String, seconds: Double?) {
    #expect(CertificateDate.parse(text)?.timeIntervalSince1970 == seconds)
  }
}
