import Digests
import Foundation
import Harness
import JSON
import Resources
import Testing
import Wire

@testable import AWS

/// What goes wrong between here and AWS: each is tried again until it succeeds, or ends with the
/// one right message.
@Suite("Faults of AWS", .waiting, .timeLimit(.minutes(15)))
struct AWSFaultTests {
  private static let script = #"""
    import email.utils, zlib
    good = b'{"TableNames": ["a"]}'
    def error(self, status, code, message="m", headers=()):
        self.answer(status, [("x-amzn-RequestId", "id-1"), *headers],
                    json.dumps({"__type": "com.amazonaws#" + code, "message": message}))

    def handle(self, path, query):
        body = self.body()
        with changed:
            count = shared[path] = shared.get(path, 0) + 1
        kind, _, times = path[1:].partition("-")
        fails = count <= int(times or 1)
        if path == "/count": return self.answer(body=json.dumps(shared))
        if kind == "clock":
            real = int(time.time()) + 3600 if "plus" in path else int(time.time())
            stamp = self.headers["X-Amz-Date"]
            told = time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) - time.timezone
            self.send_date = email.utils.formatdate(real, usegmt=True)
            shared["stamp"] = stamp
            if abs(told - real) > 300:
                if self.command == "HEAD": return self.answer(403, [("Date", self.send_date)])
                return error(self, 400, query.get("code", "InvalidSignatureException"),
                             headers=[("Date", self.send_date)])
        elif kind == "expired":
            if self.headers["Authorization"].split("Credential=")[1].startswith("K1"):
                return error(self, 400, "ExpiredTokenException", "the token has expired")
        elif kind == "denied":
            return error(self, 400, "AccessDeniedException", "not authorized to perform it")
        elif fails:
            if kind == "throttle": return error(self, 400, "ThrottlingException", "slow down")
            if kind == "busy": return self.answer(503, [("Retry-After", "7")], "Slow Down")
            if kind == "dated":  # by a clock that is years behind ours
                return self.answer(503, [("Date", email.utils.formatdate(1000, usegmt=True)),
                    ("Retry-After", email.utils.formatdate(1009, usegmt=True))], "Slow Down")
            if kind == "broken": return error(self, 500, "InternalServerError")
            if kind == "reset": return self.reset()
            if kind == "drop": return self.hang_up()
            if kind == "cut":
                self.head(200, [("Content-Length", str(len(good)))])
                self.wfile.write(good[:9])
                return self.hang_up()
            if kind == "slow":
                self.head(200, [("Content-Length", str(len(good)))])
                self.wfile.write(good[:9])
                with changed: changed.wait(60)
                return self.hang_up()
            if kind == "crc":
                return self.answer(200, [("x-amz-crc32", str(zlib.crc32(good) ^ 1))], good)
            if kind == "empty": return self.answer(200, [("x-amz-crc32", str(zlib.crc32(good)))])
        self.answer(200, [("x-amz-crc32", str(zlib.crc32(good)))],
                    b"" if self.command == "HEAD" else good)
    """#

  private func client(
    _ server: ScriptedServer, clock: any WallClock, home: TemporaryFolder? = nil,
    place: CloudPlace = CloudPlace()
  ) throws -> AWSClient {
    try TestSession.make(
      [
        "AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A",
        "AWS_SECRET_ACCESS_KEY": "s", "PATH": "/usr/bin:/bin",
      ], home: home, clock: clock
    ).client(.dynamodb, at: place)
  }

  private func counts(_ server: ScriptedServer) async throws -> JSONValue {
    let client = HTTPClient(.init(userAgent: "t", proxies: .none))
    return try JSONValue(
      reading: try await client.send(HTTPRequest("GET", server.base + "/count")).body)
  }

  private func call(_ path: String, isRepeatable: Bool = true) -> AWSCall {
    AWSCall("ListTables", path: path, isRepeatable: isRepeatable)
  }

  @Test("what passes is tried again until it is answered, and no more often than needed")
  func repeats() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let clock = ManualClock(movesByItself: true)
      let client = try client(server, clock: clock)
      let faults = [
        "/throttle-3", "/busy-2", "/broken-4", "/reset-2", "/drop-3", "/cut-2", "/crc-3",
        "/empty-2", "/dated-2",
      ]
      for path in faults {
        let before = clock.now()
        let reply = try await client.send(call(path))
        #expect(reply.text == #"{"TableNames": ["a"]}"#, "\(path)")
        let wanted = (Int(path.split(separator: "-")[1]) ?? 0) + 1
        #expect(try await counts(server)[path]?.integer == wanted, "\(path)")
        if path.hasPrefix("/busy") { #expect(clock.now() - before >= .seconds(14)) }
        if path.hasPrefix("/dated") { #expect(clock.now() - before >= .seconds(18)) }
      }
      var slow = call("/slow-1")
      slow.limits.stall = .seconds(2)
      #expect(try await client.send(slow).body.count == 21)
      #expect(try await counts(server)["/slow-1"]?.integer ?? 0 >= 2)
    }
  }

  @Test("a call that may not be sent twice is not, unless it surely had no effect")
  func sparesUnrepeatable() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let client = try client(server, clock: ManualClock(movesByItself: true))
      for path in ["/drop-1", "/broken-1", "/cut-1", "/reset-1", "/crc-1", "/busy-1"] {
        // Leaves a connection behind, on which libcurl would send the next one twice.
        _ = try await client.send(call("/fine-0"))
        await #expect(throws: AWSFailure.self, "\(path)") {
          try await client.send(call(path, isRepeatable: false))
        }
        #expect(try await counts(server)[path]?.integer == 1, "\(path)")
      }
      let throttled = try await client.send(call("/throttle-1", isRepeatable: false))
      #expect(throttled.status == 200)
    }
  }

  @Test("what does not pass ends after eight tries, with code, request and advice")
  func givesUp() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let client = try client(server, clock: ManualClock(movesByItself: true))
      let error = await #expect(throws: AWSFailure.self) {
        try await client.send(call("/throttle-99"))
      }
      #expect(try await counts(server)["/throttle-99"]?.integer == AWSClient.attemptsMax)
      let failure = error?.failure("the table a")
      #expect(failure?.isTransient == true)
      #expect(
        failure?.summary
          == "the table a: dynamodb:ListTables failed with ThrottlingException (400): slow down "
          + "(request id-1)"
      )
    }
  }

  @Test("access denied is told at once, with the right that is missing")
  func tellsDenied() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let client = try client(server, clock: ManualClock(movesByItself: true))
      let error = await #expect(throws: AWSFailure.self) { try await client.send(call("/denied")) }
      #expect(try await counts(server)["/denied"]?.integer == 1)
      let failure = error?.failure("the table a")
      #expect(failure?.kind == .refused)
      #expect(failure?.hint.contains("Grant dynamodb:ListTables") == true)
    }
  }

  @Test(
    "a clock one hour off is corrected by the services' own, once, and stays corrected",
    arguments: [-3600, 3600],
    [
      "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
      "RequestExpired",
    ])
  func correctsClock(offset: Int, code: String) async throws {
    try await ScriptedServer.run(Self.script) { server in
      let now = RunningClock().now()
      let clock = ManualClock(at: now.milliseconds + Int64(offset) * 1000, movesByItself: true)
      let client = try client(server, clock: clock)
      var request = call("/clock")
      request.query = [("code", code)]
      #expect(try await client.send(request).status == 200)
      #expect(try await client.send(request).status == 200)
      #expect(try await counts(server)["/clock"]?.integer == 3)
      // Another client of another session, by a request whose answer has no body.
      let other = try self.client(server, clock: clock)
      var head = call("/clock")
      head.method = "HEAD"
      #expect(try await other.send(head).status == 200)
    }
  }

  @Test("keys that expire in the middle are renewed by their process, and the call goes on")
  func renewsKeys() async throws {
    let home = try TestSession.home()
    let runs = home.file("runs")
    let answer = #"{\"Version\":1,\"AccessKeyId\":\"K$n\",\"SecretAccessKey\":\"s\"}"#
    try """
    [profile p]
    credential_process = sh -c 'echo x >> \(runs); n=$(grep -c x \(runs)); echo "\(answer)"'
    """.write(toFile: home.file(".aws/config"), atomically: true, encoding: .utf8)
    try await ScriptedServer.run(Self.script) { server in
      let client = try client(
        server, clock: ManualClock(movesByItself: true), home: home,
        place: CloudPlace(profile: "p"))
      #expect(try await client.send(call("/expired")).status == 200)
      #expect(try await client.send(call("/expired")).status == 200)
      #expect(try await counts(server)["/expired"]?.integer == 3)
      #expect(try String(contentsOfFile: runs, encoding: .utf8) == "x\nx\n")
      // Keys that nobody can renew end the call with that message.
      let fixed = try TestSession.make([
        "AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "K1",
        "AWS_SECRET_ACCESS_KEY": "s",
      ]).client(.dynamodb, at: CloudPlace())
      let error = await #expect(throws: AWSFailure.self) { try await fixed.send(call("/expired")) }
      let failure = error?.failure("the table a")
      #expect(failure?.kind == .refused)
      #expect(failure?.summary.contains("the access key K1") == true)
    }
  }

  /// Passes connections on to a server, but resets the first and closes the second in silence.
  private static func gate(to port: Int) -> String {
    """
    gate = socket.create_server(("127.0.0.1", 0))
    def pipe(one, other):
        try:
            while (some := one.recv(65536)): other.sendall(some)
        except OSError: pass
        for end in (one, other):
            try: end.shutdown(socket.SHUT_RDWR)
            except OSError: pass
    def watch():
        for number in range(1000):
            one, _ = gate.accept()
            shared["count"] = number + 1
            if number < 2:
                one.recv(65536)
                if number == 0:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()
                continue
            other = socket.create_connection(("127.0.0.1", \(port)))
            for ends in ((one, other), (other, one)):
                threading.Thread(target=pipe, args=ends, daemon=True).start()
    threading.Thread(target=watch, daemon=True).start()
    def handle(self, path, query):
        told = {"port": gate.getsockname()[1], "count": shared.get("count", 0)}
        self.answer(body=json.dumps(told))
    """
  }

  @Test("a connection that is cut in the middle of the TLS handshake is made again")
  func repeatsHandshakes() async throws {
    let folder = try TemporaryFolder()
    let certificate = try LoopbackServer.Certificate.make(
      in: folder.path, expires: "20400229123456Z")
    try await LoopbackServer.run(tls: certificate) { server in
      try await ScriptedServer.run(Self.gate(to: server.port)) { gate in
        let port = try #require(try await counts(gate)["port"]?.integer)
        let session = AWSSession(
          AWSSession.Settings(
            environment: [
              "AWS_ENDPOINT_URL": "https://localhost:\(port)", "AWS_REGION": "us-east-1",
              "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
            ], homeFolder: "/nonexistent"), clock: ManualClock(movesByItself: true)
        ) {
          HTTPClient(
            .init(userAgent: "t", proxies: .none, authorities: .file(certificate.authority)))
        }
        let client = try session.client(.dynamodb, at: CloudPlace())
        // One that may not be sent twice has not been sent at all by then.
        let reply = try await client.send(call("/echo", isRepeatable: false))
        #expect(reply.status == 200)
        #expect(try await counts(gate)["count"]?.integer == 3)
      }
    }
  }

  @Test("a streamed upload is sent again from its beginning, and errors are read whole")
  func repeatsUploads() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let client = try client(server, clock: ManualClock(movesByItself: true))
      let source = HTTPBodySource([[UInt8](repeating: 7, count: 300_000), [1, 2, 3]])
      for path in ["/throttle-2", "/busy-1", "/drop-2", "/reset-1"] {
        var request = call(path)
        request.method = "PUT"
        request.payload = .unsigned
        let reply = try await client.stream(request, body: source)
        #expect(reply.status == 200)
        #expect(try await reply.rest(bytesMax: 100).count == 21)
      }
      let error = await #expect(throws: AWSFailure.self) {
        var request = call("/denied")
        request.payload = .unsigned
        _ = try await client.stream(request, body: source)
      }
      #expect(error?.code == "AccessDeniedException")
    }
  }
}
