import Foundation
import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct HTTPClientTests {
  private func client(_ environment: [String: String] = [:]) -> HTTPClient {
    HTTPClient(.init(userAgent: "cutover-tests", proxies: HTTPProxies(environment: environment)))
  }

  private struct Echo: Decodable {
    let method: String
    let path: String
    let body: String
    let headers: [[String]]
    let connection: Int

    init(_ reply: HTTPReply) throws {
      self = try JSONDecoder().decode(Echo.self, from: Data(reply.body))
    }

    func values(_ name: String) -> [String] {
      headers.filter { $0[0].lowercased() == name.lowercased() }.map { $0[1] }
    }
  }

  private func echo(_ request: HTTPRequest, by client: HTTPClient) async throws -> Echo {
    let reply = try await client.send(request)
    return try Echo(reply)
  }

  private func reason(
    of request: HTTPRequest, by client: HTTPClient
  ) async -> HTTPFailure.Reason? {
    do throws(HTTPFailure) {
      _ = try await client.send(request)
      return nil
    } catch { return error.reason }
  }

  @Test(
    "method, path, headers and every byte of the body arrive as given",
    arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
  func arrivesAsGiven(method: String) async throws {
    try await LoopbackServer.run { server in
      let request = HTTPRequest(
        method, server.base + "/echo?q=a%20b",
        headers: HTTPHeaders([.init("X-Two", "1"), .init("X-Two", "2"), .init("X-Empty", "")]),
        body: [0, 255, 13, 10, 0])
      let echo = try await echo(request, by: client())
      #expect(echo.method == method)
      #expect(echo.path == "/echo?q=a%20b")
      #expect(Array(echo.body.unicodeScalars.map(\.value)) == [0, 255, 13, 10, 0])
      #expect(echo.values("X-Two") == ["1", "2"])
      #expect(echo.values("X-Empty") == [""])
      #expect(echo.values("Content-Type") == [])
      #expect(echo.values("Expect") == [])
      #expect(echo.values("User-Agent") == ["cutover-tests"])
    }
  }

  @Test("an empty body is sent with its length, and dots in a path are sent as written")
  func sendsEmptyBody() async throws {
    try await LoopbackServer.run { server in
      let echo = try await echo(HTTPRequest("POST", server.base + "/echo"), by: client())
      #expect(echo.values("Content-Length") == ["0"])
      let dotted = try await client().send(HTTPRequest("GET", server.base + "/a/../echo"))
      #expect(dotted.status == 404)
    }
  }

  @Test("any status is a reply, with repeated headers kept in order and its times measured")
  func keepsHeaders() async throws {
    try await LoopbackServer.run { server in
      let client = client()
      #expect(try await client.send(HTTPRequest("GET", server.base + "/status/503")).status == 503)
      let reply = try await client.send(HTTPRequest("GET", server.base + "/repeated"))
      #expect(reply.headers.values("set-cookie") == ["a=1", "b=2"])
      #expect(reply.headers.first("X-ONE") == "spaced")
      #expect(reply.headers.first("x-empty") == "")
      let late = try await client.send(HTTPRequest("GET", server.base + "/late"))
      #expect(late.timing.firstByte >= .milliseconds(200))
      #expect(late.timing.total >= late.timing.firstByte)
      let head = try await client.send(HTTPRequest("HEAD", server.base + "/bytes/100"))
      #expect(head.headers.first("Content-Length") == "100" && head.body.isEmpty)
    }
  }

  @Test("connections are kept and reused, and a fresh request opens its own")
  func reusesConnections() async throws {
    try await LoopbackServer.run { server in
      let client = client()
      var request = HTTPRequest("GET", server.base + "/echo")
      for _ in 0..<3 {
        let kept = try await echo(request, by: client)
        #expect(kept.connection == 1)
      }
      request.connection = .fresh
      let fresh = try await echo(request, by: client)
      #expect(fresh.connection == 2)
      request.connection = .shared
      let again = try await echo(request, by: client)
      #expect(again.connection == 1)
    }
  }

  @Test("three hundred requests at once are all answered")
  func runsManyAtOnce() async throws {
    try await LoopbackServer.run { server in
      let client = client()
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for n in 0..<300 {
          group.addTask {
            try await client.send(HTTPRequest("GET", server.base + "/bytes/\(n)")).body.count
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(total == 300 * 299 / 2)
    }
  }

  @Test("redirects are handed over unless asked for, and then counted")
  func boundsRedirects() async throws {
    try await LoopbackServer.run { server in
      let client = client()
      var request = HTTPRequest("GET", server.base + "/redirect/3")
      let redirect = try await client.send(request)
      #expect(redirect.headers.first("Location") == "/redirect/2")
      request.redirectsMax = 3
      let reply = try await client.send(request)
      #expect(reply.status == 200 && reply.url == server.base + "/echo")
      #expect(reply.headers.first("X-Hop") == nil)
      request.redirectsMax = 2
      #expect(await reason(of: request, by: client) == .tooManyRedirects(limit: 2))
      request.method = "POST"
      let posted = try await client.send(request)
      #expect(posted.status == 302)
    }
  }

  @Test("a redirect to another server takes no secrets along, one to the same server keeps all")
  func guardsHeaders() async throws {
    try await LoopbackServer.run { first in
      try await LoopbackServer.run { second in
        let client = client()
        var request = HTTPRequest(
          "GET", first.base + "/to?" + second.base + "/echo",
          headers: ["Authorization": "secret", "X-Api-Key": "secret", "Accept": "text/plain"])
        request.redirectsMax = 2
        let elsewhere = try await echo(request, by: client)
        #expect(elsewhere.values("X-Api-Key") == [] && elsewhere.values("Authorization") == [])
        #expect(elsewhere.values("Accept") == ["text/plain"])
        request.url = first.base + "/redirect/2"
        let same = try await echo(request, by: client)
        #expect(
          same.values("X-Api-Key") == ["secret"] && same.values("Authorization") == ["secret"])
      }
    }
  }

  @Test("a body at the limit is given and one byte more is an error, not a shorter body")
  func boundsBodies() async throws {
    try await LoopbackServer.run { server in
      let client = client()
      var request = HTTPRequest("GET", server.base + "/bytes/1000")
      request.limits.bodyBytesMax = 1_000
      let whole = try await client.send(request)
      #expect(whole.body.count == 1_000)
      request.limits.bodyBytesMax = 999
      #expect(await reason(of: request, by: client) == .bodyTooLarge(limitBytes: 999))
      request.url = server.base + "/long-headers"
      #expect(
        await reason(of: request, by: client)
          == .headersTooLarge(limitBytes: IncomingReply.headerBytesMax))
    }
  }

  @Test("a request that cannot be sent as written is refused before it is sent")
  func refusesUnsound() async throws {
    let client = client()
    let unsound = [
      HTTPRequest("GET", "ftp://127.0.0.1/"), HTTPRequest("GET", "127.0.0.1/"),
      HTTPRequest("GET", "http://127.0.0.1/a b"), HTTPRequest("GE T", "http://127.0.0.1/"),
      HTTPRequest("GET", "http://127.0.0.1/", headers: ["X": "a\r\nY: b"]),
      HTTPRequest("GET", "http://127.0.0.1/", headers: ["X Y": "a"]),
    ]
    for request in unsound {
      guard case .invalid = await reason(of: request, by: client) else {
        Issue.record("sent: \(request)")
        continue
      }
    }
  }

  @Test("a proxy from the environment is used, except where it says not to")
  func usesProxies() async throws {
    try await LoopbackServer.run { server in
      var request = HTTPRequest("GET", "http://elsewhere.invalid/echo")
      let proxied = client(["http_proxy": server.base])
      let viaProxy = try await echo(request, by: proxied)
      #expect(viaProxy.path == "http://elsewhere.invalid/echo")
      let excepted = client(["http_proxy": server.base, "no_proxy": ".invalid"])
      guard case .notResolved = await reason(of: request, by: excepted) else {
        Issue.record("the exception was not honoured")
        return
      }
      request.aim = HTTPAim(host: "elsewhere.invalid", port: 80, address: "127.0.0.1")
      request.url = "http://elsewhere.invalid:\(server.port)/echo"
      request.aim?.port = server.port
      let aimed = try await echo(request, by: proxied)
      #expect(aimed.path == "/echo")
    }
  }

  @Test("an aimed request reaches another address, and leaves no trace for the next one")
  func aims() async throws {
    try await LoopbackServer.run { server in
      let client = client()
      var request = HTTPRequest("GET", "http://stack-b.invalid:\(server.port)/echo")
      request.aim = HTTPAim(host: "stack-b.invalid", port: server.port, address: "127.0.0.1")
      let echo = try await echo(request, by: client)
      #expect(echo.values("Host") == ["stack-b.invalid:\(server.port)"])
      request.aim = nil
      #expect(
        await reason(of: request, by: client)
          == .notResolved(host: "stack-b.invalid:\(server.port)"))
    }
  }
}
