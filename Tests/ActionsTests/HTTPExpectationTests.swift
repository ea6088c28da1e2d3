import Harness
import JSON
import Resources
import Testing

@testable import Actions

@Suite(.waiting) struct HTTPExpectationTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)

  private func complaints(_ expectation: String, _ reply: HTTPReply) throws -> [String] {
    let value = try JSONValue(reading: Array(expectation.utf8), dialect: .json5)
    let expectation = try value.decode(as: HTTPExpectation.self)
    try expectation.check(of: "step")
    return expectation.complaints(
      reply, at: Self.now, without: Secrets { (_, _) throws(Failure) in nil })
  }

  @Test("without a word about it, any success is right")
  func status() throws {
    #expect(try complaints("{}", FakeHTTP.reply(204)) == [])
    #expect(try complaints("{}", FakeHTTP.reply(301)) == ["status 301"])
    #expect(try complaints("{status: [503]}", FakeHTTP.reply(503)) == [])
    #expect(try complaints("{status: [503]}", FakeHTTP.reply(200)) == ["status 200"])
    #expect(try complaints("{statusRange: '300-399'}", FakeHTTP.reply(301)) == [])
    #expect(try complaints("{status: [404], statusRange: '200-299'}", FakeHTTP.reply(204)) == [])
  }

  @Test("the body is searched for texts and patterns")
  func body() throws {
    let reply = FakeHTTP.reply(200, "release v2.17 of green")
    #expect(
      try complaints("{body: {contains: ['green', 'v2'], matches: 'v2\\\\.\\\\d+'}}", reply) == [])
    #expect(
      try complaints("{body: {contains: ['blue'], matches: 'v3'}}", reply)
        == ["the body lacks 'blue'", "the body does not match /v3/"])
  }

  @Test("texts are compared as bytes, not as Unicode would merge them")
  func bytes() throws {
    let reply = FakeHTTP.reply(200, "caf\u{65}\u{301}")
    #expect(try complaints("{body: {contains: ['caf\u{e9}']}}", reply).count == 1)
  }

  @Test("JSON values are found by path and compared whatever the order of members")
  func json() throws {
    let reply = FakeHTTP.reply(200, #"{"a":{"b":[1,{"x":1,"y":2}],"c.d":true},"n":1.50}"#)
    let right = #"{body: {json: {"a.b[1]": {y: 2, x: 1}, 'a["c.d"]': true, n: 1.50}}}"#
    #expect(try complaints(right, reply) == [])
    #expect(
      try complaints("{body: {json: {n: 1.5, 'a.b[7]': 1}}}", reply)
        == ["a.b[7] is nothing, not 1", "n is 1.50, not 1.5"])
    #expect(
      try complaints("{body: {json: {n: 1}}}", FakeHTTP.reply(200, "<html>"))
        == ["the body is not JSON: <html>"])
  }

  @Test("headers, latency and the certificate's end are judged")
  func rest() throws {
    let reply = FakeHTTP.reply(
      200, headers: [("X-Colour", "green")], elapsed: .milliseconds(700),
      certificateExpires: Self.now + .seconds(86_400 * 10))
    #expect(
      try complaints(
        "{headers: {'x-colour': 'green'}, latencyMax: '1s', certificateValidFor: '7d'}", reply)
        == [])
    #expect(
      try complaints(
        "{headers: {'x-colour': 'blue', b: ''}, latencyMax: '600ms', certificateValidFor: '2w'}",
        reply) == [
          "header b is missing", "header x-colour is 'green'", "it took 700 ms",
          "its certificate ends at \(Self.now + .seconds(86_400 * 10))",
        ])
    #expect(
      try complaints("{certificateValidFor: '1d'}", FakeHTTP.reply(200))
        == ["it has no certificate"])
  }

  @Test(
    "paths are read as written, and what is no path is refused",
    arguments: [
      ("", true), ("a", true), ("a.b[0].c", true), ("[0]", true), ("[\"a.b\"].c", true),
      (".a", false), ("a.", false), ("a..b", false), ("a[", false), ("a[x]", false),
      ("[\"a", false),
      ("a[-1]", false), ("[\"", false), ("a[0]b", false),
    ])
  func paths(text: String, isPath: Bool) {
    #expect((JSONPath(text) != nil) == isPath)
  }
}
