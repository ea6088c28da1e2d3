import Foundation
import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct HTTPFailureTests {
  private let client = HTTPClient(.init(userAgent: "cutover-tests", proxies: .none))

  private func failure(of request: HTTPRequest) async -> HTTPFailure? {
    do throws(HTTPFailure) {
      _ = try await client.send(request)
      return nil
    } catch { return error }
  }

  /// A loopback port on which nobody listens.
  private func closedPort() async throws -> Int {
    try await LoopbackServer.run { $0.port }
  }

  @Test("an unknown name, a refusing port and a silent server are told apart")
  func tellsConnectionsApart() async throws {
    let unknown = await failure(of: HTTPRequest("GET", "http://no-such-host.invalid/"))
    #expect(unknown?.reason == .notResolved(host: "no-such-host.invalid"))
    #expect(unknown?.wasSent == false)
    let port = try await closedPort()
    let refused = await failure(of: HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
    #expect(refused?.reason == .refused && refused?.isTransient == true)
    try await LoopbackServer.run { server in
      var request = HTTPRequest("GET", server.base + "/hang")
      request.limits.transfer = .milliseconds(150)
      let silent = await failure(of: request)
      #expect(silent?.reason == .timedOut(.waiting) && silent?.wasSent == true)
      request.url = server.base + "/hang-in-body"
      #expect(await failure(of: request)?.reason == .timedOut(.receiving))
      request.url = server.base + "/hang"
      request.limits.transfer = .seconds(30)
      request.limits.stall = .seconds(1)
      #expect(await failure(of: request)?.reason == .stalled)
    }
  }

  @Test(
    "a handshake that is cut off may come to an end the next time, one that is refused never does",
    arguments: [
      ("OpenSSL SSL_connect: Connection reset by peer in connection to localhost:1 ", true),
      ("OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to localhost:1 ", true),
      ("error:0A000126:SSL routines::unexpected eof while reading", true),
      ("OpenSSL SSL_connect: Broken pipe in connection to localhost:1 ", true),
      ("error:0A00010B:SSL routines::wrong version number", false),
      ("error:0A00042E:SSL routines::tlsv1 alert protocol version", false),
      ("error:0A000410:SSL routines::sslv3 alert handshake failure", false),
      ("error:0A000086:SSL routines::certificate verify failed", false),
    ])
  func tellsHandshakesApart(words: String, mayPass: Bool) {
    let reason = TransferOutcome.handshakeReason(words)
    let failure = HTTPFailure(reason, method: "GET", url: "https://h/", wasSent: false)
    #expect(failure.isTransient == mayPass)
    #expect(failure.description.contains(words))
  }

  @Test("a connection that nobody takes up times out while connecting")
  func timesOutConnecting() async throws {
    try await FullBacklog.with { port in
      var request = HTTPRequest("GET", "http://127.0.0.1:\(port)/")
      request.limits.connecting = .milliseconds(200)
      #expect(await failure(of: request)?.reason == .timedOut(.connecting))
    }
  }

  @Test(
    "a reply that ends too soon is an error, whichever way its length was told",
    arguments: [("/truncated", 10), ("/truncated-chunk", 5), ("/nothing", 0)])
  func noticesTruncation(path: String, bodyBytes: Int) async throws {
    try await LoopbackServer.run { server in
      let failure = await failure(of: HTTPRequest("GET", server.base + path))
      #expect(failure?.reason == .dropped(bodyBytes: bodyBytes))
    }
  }

  @Test("a server that does not speak HTTP is told as such")
  func noticesForeignServers() async throws {
    try await LoopbackServer.run { server in
      let failure = await failure(of: HTTPRequest("GET", server.base + "/garbage"))
      guard case .other(let words) = failure?.reason else {
        Issue.record("\(String(describing: failure))")
        return
      }
      #expect(words.contains("HTTP/0.9"))
    }
  }

  @Test("cancelling ends a hanging transfer at once, before it began or under way")
  func cancels() async throws {
    try await LoopbackServer.run { server in
      let client = client
      var request = HTTPRequest("GET", server.base + "/hang")
      // Longer than a busy machine may keep this task waiting for its turn.
      request.limits.transfer = .seconds(3600)
      request.limits.stall = .seconds(3600)
      for yields in [0, 1, 20] {
        let task = Task { [request] () -> HTTPFailure.Reason? in
          do throws(HTTPFailure) {
            _ = try await client.send(request)
            return nil
          } catch { return error.reason }
        }
        for _ in 0..<yields { await Task.yield() }
        task.cancel()
        #expect(await task.value == .cancelled)
      }
    }
  }

  @Test("a description shows neither the query nor the password of a URL")
  func hidesSecrets() {
    let failure = HTTPFailure(
      .refused, method: "GET", url: "https://user:secret@host:1/a/b?token=secret#secret",
      wasSent: false)
    #expect(failure.description == "GET https://host:1/a/b: the connection was refused")
  }
}
