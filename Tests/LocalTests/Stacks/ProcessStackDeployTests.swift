import Foundation
import Glibc
import Harness
import Resources
import Subprocesses
import Synchronization
import Testing

@testable import Local

@Suite(.waiting, .timeLimit(.minutes(15))) struct ProcessStackDeployTests {
  /// A web server that answers every GET with 200, from a file of the template.
  static let web = """
    { stack: 1, parameters: { port: null, answer: "200" }, services: { web: {
      command: ["python3", "-u", "web.py", "${param.port}", "${param.answer}"],
      port: "${param.port}", health: { http: "/health", within: "20s" }, startWithin: "60m",
    } }, outputs: { url: "http://127.0.0.1:${param.port}" } }
    """
  static let webFile = """
    import http.server, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(sys.argv[2]))
            self.send_header("Content-Length", "0")
            self.end_headers()
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    """

  @Test("a web service is up when it answers on its own port, with the status asked for")
  func http() async throws {
    let stage = try StackStage(Self.web)
    try stage.write(Self.webFile, to: "web.py")
    let port = String(try ForeignListener.freePort())
    #expect(try await stage.deploy(["port": port]) == ["url": "http://127.0.0.1:\(port)"])
    let curl = try Tool.run([
      "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
      "http://127.0.0.1:\(port)/",
    ])
    #expect(curl.text == "200")
    let found = try #require(try await stage.open().description())
    #expect(found.state == .healthy)
    #expect(found.resources.contains { $0.contains("service web") && $0.contains("port \(port)") })

    // The template may vanish: what runs is a copy.
    try FileManager.default.removeItem(atPath: stage.template)
    #expect(try await stage.open().description() == found)
    try await stage.open().destroy { _ in }
    #expect(try ListeningSockets.inodes(on: UInt16(port) ?? 0).isEmpty)
  }

  @Test("a service that answers with another status is not healthy, and is not left running")
  func status() async throws {
    let stage = try StackStage(Self.web)
    try stage.write(Self.webFile, to: "web.py")
    let port = String(try ForeignListener.freePort())
    let clock = ManualClock()
    let task = Task {
      try await stage.open(clock: clock).deploy(stage.asks(["port": port, "answer": "503"])) { _ in
      }
    }
    // Time stands still until the server has answered, then it is late.
    while try ListeningSockets.inodes(on: UInt16(port) ?? 0).isEmpty || clock.sleeperCount == 0 {
      await Task.yield()
    }
    clock.advance(by: .seconds(3600))
    let failure = await #expect(throws: Failure.self) { try await task.value }
    #expect(failure?.kind == .permanent)
    #expect(
      failure?.summary.contains("is not healthy after 3600000 ms: GET /health gives 503") == true)
    #expect(try stage.processes() == [])
    #expect(try await stage.open().description()?.state == .stopped)
  }

  @Test("a port that somebody else listens on is a failure that names the process")
  func portTaken() async throws {
    let stage = try StackStage(Self.web)
    try stage.write(Self.webFile, to: "web.py")
    let other = try ForeignListener()
    let failure = try await stage.failure(["port": "\(other.port)"])
    #expect(failure.summary.contains("port \(other.port)"))
    #expect(failure.summary.contains("in use by process \(getpid())"))
    #expect(try stage.processes() == [])
    withExtendedLifetime(other) {}
  }

  @Test("a healthy answer of somebody else's server is not taken for the service's")
  func strangerAnswers() async throws {
    let stranger = try StackStage(Self.web)
    try stranger.write(Self.webFile, to: "web.py")
    let port = try ForeignListener.freePort()
    // Started by hand, once our own service runs and has not taken its port yet.
    let stage = try StackStage(
      Self.web.replacing(#""python3", "-u", "web.py""#, with: #""sh", "-c", "exec sleep 1000""#))
    let other = Mutex<ForeignListener?>(nil)
    do {
      _ = try await stage.open().deploy(stage.asks(["port": "\(port)"])) {
        (note) async throws(Failure) in
        guard note.hasPrefix("started web") else { return }
        other.withLock { $0 = try? ForeignListener(port) }
      }
      Issue.record("a service that listens nowhere was deployed")
    } catch let failure as Failure {
      #expect(failure.summary.contains("in use by process \(getpid())"))
    }
    #expect(try stage.processes() == [])
    // The same when it answers, and answers well: two instances want one port.
    other.withLock { $0 = nil }
    _ = try await stranger.deploy(["port": "\(port)"])
    let failure = try await stage.failure(["port": "\(port)"])
    #expect(failure.summary.contains("port \(port) of service web is in use by process"))
    #expect(try await stranger.open().description()?.state == .healthy)
    try await stranger.open().destroy { _ in }
  }

  @Test("a service that ends at once is told with its status and the end of its log, made harmless")
  func crashing() async throws {
    let stage = try StackStage(
      """
      { stack: 1, services: { web: {
        command: ["sh", "-c", "seq 1 5000; printf 'boom \\\\033[31m\\\\r\\\\n'; exit 3"],
        health: { command: ["true"], within: "20s" } } } }
      """)
    let failure = try await stage.failure()
    #expect(failure.summary.contains("ended with status 3"))
    #expect(failure.summary.contains(#"boom \u{1b}[31m"#))
    #expect(!failure.summary.utf8.contains(27) && !failure.summary.utf8.contains(13))
    #expect(failure.summary.contains("| 5000") && !failure.summary.contains("| 4900"))
    #expect(failure.summary.utf8.count < 5000)
    #expect(try await stage.open().description()?.state == .stopped)
    // The next attempt starts it anew, and says the same.
    #expect(try await stage.failure().summary == failure.summary)
  }

  @Test("a health check that hangs counts as none, and the wait has its end")
  func hanging() async throws {
    let stage = try StackStage(
      """
      { stack: 1, services: { web: { command: ["sleep", "infinity"], startWithin: "150ms",
        health: { command: ["sleep", "1000"], within: "50ms" } } } }
      """)
    let failure = try await stage.failure()
    #expect(failure.summary.contains("is not healthy after 150 ms"))
    #expect(failure.summary.contains("its health command 'sleep' took longer than 50 ms"))
    #expect(try stage.processes() == [])
  }

  @Test("a server that takes connections and never answers is not healthy")
  func silent() async throws {
    let stage = try StackStage(
      """
      { stack: 1, parameters: { port: null }, services: { web: {
        command: ["python3", "-c", "import socket, signal, sys
      s = socket.create_server(('127.0.0.1', int(sys.argv[1])))
      signal.pause()", "${param.port}"],
        port: "${param.port}", startWithin: "60m", health: { http: "/", within: "50ms" } } } }
      """.replacing("\ns =", with: #"\ns ="#).replacing("\nsignal", with: #"\nsignal"#))
    let port = try ForeignListener.freePort()
    let task = Task { try await stage.deploy(["port": "\(port)"]) }
    while try ListeningSockets.inodes(on: port).isEmpty { await Task.yield() }
    // It listens; the check has to go on all the same until it is told to stop.
    let state = try await stage.open().description()?.state
    #expect(state == .changing)
    task.cancel()
    let result = await task.result
    #expect(throws: Failure.cancelled) { try result.get() }
    #expect(try await stage.open().description()?.state == .unhealthy)
    #expect(
      try await stage.open().changes(stage.asks(["port": "\(port)"])).contains {
        $0.contains("restart web")
      })
  }

  @Test("a service that stopped being healthy is started anew by the next deploy")
  func healing() async throws {
    let stage = try StackStage(SleepingStack.definition.replacing("60m", with: "1s"))
    _ = try await stage.deploy()
    let former = try #require(try stage.processes().first)
    try FileManager.default.removeItem(atPath: "\(stage.instance)/up")
    #expect(try await stage.open().description()?.state == .unhealthy)
    _ = try await stage.deploy()
    #expect(try stage.processes().contains(former) == false)
    #expect(try await stage.open().description()?.state == .healthy)
  }

  @Test("deploy restarts the service that changed, stops the one that went, and leaves the other")
  func partly() async throws {
    func services(_ release: String, _ names: [String]) -> String {
      let all = names.map {
        """
        \($0): { command: ["sleep", "infinity"], health: { command: ["true"], within: "20s" },
          environment: { R: "\($0 == "b" ? release : "")" } },
        """
      }
      return "{ stack: 1, services: { \(all.joined()) } }"
    }
    let stage = try StackStage(services("1", ["a", "b", "c"]))
    _ = try await stage.deploy()
    let run = { (name: String) in
      ServiceRun.read(ServiceRun.path(in: stage.instance, name))?.identity
    }
    let before = ["a", "b", "c"].map(run)
    try stage.write(definition: services("2", ["a", "b"]))
    #expect(try await stage.open().changes(stage.asks()) == ["restart b", "stop c"])
    _ = try await stage.deploy()
    #expect(run("a") == before[0] && run("b") != before[1])
    #expect(try Set(stage.processes()) == Set([run("a"), run("b")].compactMap(\.self)))
  }
}
