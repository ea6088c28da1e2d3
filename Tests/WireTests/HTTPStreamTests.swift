import Digests
import Harness
import Synchronization
import Testing

@testable import Wire

@Suite("Streamed bodies", .waiting, .timeLimit(.minutes(15)))
struct HTTPStreamTests {
  private let client = HTTPClient(.init(userAgent: "cutover-tests", proxies: .none))

  private static let script = #"""
    import hashlib
    block = bytes(range(256)) * 4096  # 1 MiB

    def handle(self, path, query):
        if path == "/blocks":
            count = int(query["count"])
            self.head(200, [("Content-Length", str(count * len(block)))])
            for _ in range(count):
                try:
                    self.wfile.write(block)
                except OSError:
                    with changed: shared["broken"] = True; changed.notify_all()
                    return self.hang_up()
                with changed: shared["sent"] = shared.get("sent", 0) + 1; changed.notify_all()
        elif path == "/rest":  # answers once no block was sent for a while
            with changed:
                while changed.wait(0.3): pass
                self.answer(body=str(shared.get("sent", 0)))
        elif path == "/broken":
            with changed:
                changed.wait_for(lambda: shared.get("broken"), 30)
                self.answer(body=str(shared.get("broken", False)))
        elif path == "/truncated":
            self.head(200, [("Content-Length", "3000000")])
            self.wfile.write(block)
            self.hang_up()
        elif path == "/digest":
            body = self.body()
            sent = {"digest": hashlib.sha256(body).hexdigest(), "count": len(body),
                    "encoding": self.headers.get("Transfer-Encoding", "")}
            self.answer(body=f"{sent['digest']} {sent['count']} {sent['encoding']}")
        elif path == "/held":  # reads the body only once it is let go
            with changed: changed.wait_for(lambda: shared.get("go"), 30)
            self.answer(body=str(len(self.body())))
        elif path == "/wait":
            time.sleep(1)
            self.answer()
        elif path == "/go":
            with changed: shared["go"] = True; changed.notify_all()
            self.answer()
        elif path == "/refuse":
            self.rfile.read(1)
            self.answer(403, body="no")
            self.hang_up()
        elif path == "/hang":
            self.body()
            time.sleep(30)
        elif path == "/hang-in-body":
            self.head(200, [("Content-Length", "1000")])
            self.wfile.write(b"z" * 10)
            time.sleep(30)
        else:
            self.answer(404)
    """#

  private static let block = (0..<4096).flatMap { _ in (0...255).map { UInt8($0) } }

  private func reason(
    _ body: () async throws(HTTPFailure) -> Void
  ) async -> HTTPFailure.Reason? {
    do throws(HTTPFailure) {
      try await body()
      return nil
    } catch { return error.reason }
  }

  @Test("a slow reader makes the server wait, and every byte comes in the end")
  func holdsBackDownload() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let reply = try await client.stream(HTTPRequest("GET", server.base + "/blocks?count=64"))
      #expect(reply.status == 200 && reply.byteCount == 64 << 20)
      let rest = try await client.send(HTTPRequest("GET", server.base + "/rest"))
      let sent = try #require(Int(rest.text))
      #expect(sent < 32, "the server could send \(sent) MiB that nobody took")
      var whole = StreamingSHA256()
      var expected = StreamingSHA256()
      var count = 0
      var largest = 0
      while let piece = try await reply.next() {
        whole.update(piece)
        count += piece.count
        largest = max(largest, piece.count)
      }
      for _ in 0..<64 { expected.update(Self.block) }
      #expect(count == 64 << 20)
      let digests = (whole.finish(), expected.finish())
      #expect(digests.0 == digests.1)
      #expect(largest <= HTTPPipe.receivedBytesMax + (256 << 10))
      #expect(try await reply.next() == nil)
    }
  }

  @Test("a server that does not read makes the source wait")
  func holdsBackUpload() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let given = Mutex(0)
      let source = HTTPBodySource(byteCount: 64 << 20) {
        let left = Mutex(64)
        return {
          guard left.withLock({ $0 > 0 }) else { return nil }
          left.withLock { $0 -= 1 }
          given.withLock { $0 += 1 }
          return Self.block
        }
      }
      async let reply = client.stream(HTTPRequest("PUT", server.base + "/held"), body: source)
      for _ in 0..<2 { _ = try await client.send(HTTPRequest("GET", server.base + "/wait")) }
      #expect(given.withLock { $0 } < 32)
      _ = try await client.send(HTTPRequest("GET", server.base + "/go"))
      let body = try await reply.rest(bytesMax: 100)
      #expect(String(decoding: body, as: UTF8.self) == "\(64 << 20)")
    }
  }

  @Test("pieces of any size arrive in order, with a length told or in chunks")
  func sendsPieces() async throws {
    try await ScriptedServer.run(Self.script) { server in
      var numbers = SeededNumbers(seed: 7)
      let pieces = (0..<60).map { _ in
        (0..<Int.random(in: 0...70_000, using: &numbers)).map { UInt8(truncatingIfNeeded: $0) }
      }
      let whole = pieces.flatMap { $0 }
      let told = HTTPBodySource(pieces)
      let untold = HTTPBodySource(byteCount: nil, open: told.open)
      for (source, encoding, method) in [(told, "", "PUT"), (untold, "chunked", "POST")] {
        let reply = try await client.stream(
          HTTPRequest(method, server.base + "/digest"), body: source)
        let answer = String(decoding: try await reply.rest(bytesMax: 1_000), as: UTF8.self)
        #expect(answer == "\(Digest.hex(Digest.sha256(whole))) \(whole.count) \(encoding)")
      }
      let kept = try await client.send(
        HTTPRequest("PUT", server.base + "/digest", body: whole))
      #expect(kept.text == "\(Digest.hex(Digest.sha256(whole))) \(whole.count) ")
    }
  }

  @Test("a body that ends too soon is an error after its last byte, never an end")
  func noticesTruncation() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let reply = try await client.stream(HTTPRequest("GET", server.base + "/truncated"))
      var count = 0
      let reason = await reason { () throws(HTTPFailure) in
        while let piece = try await reply.next() { count += piece.count }
      }
      #expect(count == 1 << 20)
      #expect(reason == .dropped(bodyBytes: 1 << 20))
      #expect(await self.reason { () throws(HTTPFailure) in _ = try await reply.next() } == reason)
    }
  }

  @Test("a reply that is let go ends the transfer")
  func abandons() async throws {
    try await ScriptedServer.run(Self.script) { server in
      do {
        let reply = try await client.stream(HTTPRequest("GET", server.base + "/blocks?count=200"))
        _ = try await reply.next()
      }
      let broken = try await client.send(HTTPRequest("GET", server.base + "/broken"))
      #expect(broken.text == "True")
    }
  }

  @Test("cancelling ends an upload and a download at once")
  func cancels() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let client = client
      let reply = try await client.stream(HTTPRequest("GET", server.base + "/hang-in-body"))
      _ = try await reply.next()
      let reading = Task { await reason { () throws(HTTPFailure) in _ = try await reply.next() } }
      reading.cancel()
      #expect(await reading.value == .cancelled)

      let source = HTTPBodySource([Self.block, Self.block])
      let writing = Task {
        await reason { () throws(HTTPFailure) in
          _ = try await client.stream(HTTPRequest("PUT", server.base + "/hang"), body: source)
        }
      }
      await Task.yield()
      writing.cancel()
      #expect(await writing.value == .cancelled)
    }
  }

  @Test("silence before the first byte and silence after it have limits of their own")
  func limitsSilence() async throws {
    try await ScriptedServer.run(Self.script) { server in
      var request = HTTPRequest("PUT", server.base + "/hang", limits: .streaming)
      request.limits.firstByte = .milliseconds(200)
      let waiting = await reason { () throws(HTTPFailure) in
        _ = try await client.stream(request, body: HTTPBodySource([[1, 2, 3]]))
      }
      #expect(waiting == .timedOut(.waiting))
      request = HTTPRequest("GET", server.base + "/hang-in-body", limits: .streaming)
      request.limits.stall = .seconds(3)
      let reply = try await client.stream(request)
      _ = try await reply.next()
      let silent = await reason { () throws(HTTPFailure) in _ = try await reply.next() }
      #expect(silent == .stalled)
    }
  }

  @Test("who takes pieces slowly is not a silent server")
  func toleratesSlowReader() async throws {
    try await ScriptedServer.run(Self.script) { server in
      var request = HTTPRequest("GET", server.base + "/blocks?count=32", limits: .streaming)
      request.limits.stall = .seconds(2)
      let reply = try await client.stream(request)
      for _ in 0..<4 { _ = try await client.send(HTTPRequest("GET", server.base + "/wait")) }
      var count = 0
      while let piece = try await reply.next() { count += piece.count }
      #expect(count == 32 << 20)
    }
  }

  @Test("a refusal that comes before the body is sent is the answer")
  func takesEarlyRefusal() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let endless = HTTPBodySource(byteCount: 1 << 40) { { Self.block } }
      let reply = try? await client.stream(
        HTTPRequest("PUT", server.base + "/refuse"), body: endless)
      // The server hangs up with bytes unread, so the connection may break before the answer.
      if let reply { #expect(reply.status == 403) }
    }
  }

  @Test("a source that fails or breaks its word ends the request with the reason")
  func noticesBadSources() async throws {
    struct Broken: Error {}
    try await ScriptedServer.run(Self.script) { server in
      let short = HTTPBodySource(byteCount: 10, open: HTTPBodySource([[1, 2, 3]]).open)
      let long = HTTPBodySource(byteCount: 2, open: HTTPBodySource([[1], [2, 3]]).open)
      let failing = HTTPBodySource(byteCount: 5) { { throw Broken() } }
      let reasons = [
        (short, "it gave only 3 of the 10 bytes it promised"),
        (long, "it gave more than the 2 bytes it promised"), (failing, "Broken()"),
      ]
      for (source, why) in reasons {
        let reason = await reason { () throws(HTTPFailure) in
          _ = try await client.stream(HTTPRequest("PUT", server.base + "/digest"), body: source)
        }
        #expect(reason == .source(why))
      }
    }
  }

  @Test("streams do not wait for one another")
  func runsManyAtOnce() async throws {
    try await ScriptedServer.run(Self.script) { server in
      // More than the whole requests that may run at once, all held open.
      var open: [HTTPStreamedReply] = []
      for _ in 0..<150 {
        open.append(try await client.stream(HTTPRequest("GET", server.base + "/blocks?count=2")))
      }
      for reply in open {
        var count = 0
        while let piece = try await reply.next() { count += piece.count }
        #expect(count == 2 << 20)
      }
    }
  }
}
