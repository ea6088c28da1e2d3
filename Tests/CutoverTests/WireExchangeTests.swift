import Harness
import Resources
import Testing

@testable import Program

@Suite("HTTP for actions", .waiting)
struct WireExchangeTests {
  @Test("a call is aimed at another host and port, and keeps the name in its URL")
  func aims() async throws {
    try await LoopbackServer.run { server in
      let exchange = WireExchange(environment: [:])
      let reply = try await exchange.send(
        HTTPCall(
          url: "http://stack-b.invalid/echo", headers: [("X-Test", "1")],
          connectTo: "127.0.0.1:\(server.port)"))
      #expect(reply.status == 200)
      let text = String(decoding: reply.body, as: UTF8.self)
      #expect(text.contains("stack-b.invalid"))
      #expect(text.contains("X-Test"))
    }
  }

  @Test("no connection is a transient failure, a bad URL a permanent one")
  func failures() async throws {
    let exchange = WireExchange(environment: [:])
    let refused = await #expect(throws: Failure.self) {
      try await exchange.send(HTTPCall(url: "http://127.0.0.1:1/"))
    }
    #expect(refused?.isTransient == true)
    let invalid = await #expect(throws: Failure.self) {
      try await exchange.send(HTTPCall(url: "nonsense"))
    }
    #expect(invalid?.kind == .permanent)
  }

  @Test(
    "places to connect to",
    arguments: [
      ("127.0.0.1:80", "127.0.0.1", 80), ("host", "host", nil), ("[::1]:8080", "::1", 8080),
      ("[::1]", "::1", nil), ("::1", "::1", nil),
    ] as [(String, String, Int?)])
  func places(text: String, host: String, port: Int?) {
    let place = WireExchange.place(text)
    #expect(place?.host == host)
    #expect(place?.port == port)
  }

  @Test("what is no place is refused", arguments: ["", "host:", "host:x", "[::1", "[::1]x"])
  func noPlaces(text: String) {
    #expect(WireExchange.place(text) == nil)
  }
}
