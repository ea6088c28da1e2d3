import Foundation

/// An HTTP server on a free loopback port whose answers a test writes in Python.
///
/// The script defines `handle(self, path, query)`; `self.body()` reads the request's body,
/// `self.answer(status, headers, body)` answers, `self.hang_up()` closes without an answer, and
/// `shared` is a dictionary that all requests see, guarded by `changed`, a condition. It ends with
/// the closure, and also when the test's process dies.
package struct ScriptedServer: Sendable {
  package let base: String

  package static func run<Answer>(
    _ script: String, _ body: (ScriptedServer) async throws -> Answer
  ) async throws -> Answer {
    let child = Process()
    let input = Pipe.make()
    let output = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = ["python3", "-c", opening + script + ending]
    child.standardInput = input
    child.standardOutput = output
    try child.start()
    defer {
      try? input.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("the scripted server did not start: \(line)")
    }
    return try await body(ScriptedServer(base: "http://127.0.0.1:\(port)"))
  }

  private static let opening = #"""
    import http.server, json, os, socket, socketserver, struct, sys, threading, time, urllib.parse
    shared = {}
    changed = threading.Condition()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *a): pass
        def body(self):
            if self.headers.get("Transfer-Encoding") == "chunked":
                whole = b""
                while True:
                    size = int(self.rfile.readline().split(b";")[0], 16)
                    if size == 0: break
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                shared["trailers"] = []
                while (line := self.rfile.readline().strip()):
                    shared["trailers"].append(line.decode())
                return whole
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        def head(self, status=200, headers=()):
            self.send_response_only(status)
            for name, value in headers: self.send_header(name, value)
            self.end_headers()
        def answer(self, status=200, headers=(), body=b""):
            if isinstance(body, str): body = body.encode()
            self.head(status, list(headers) + [("Content-Length", str(len(body)))])
            if self.command != "HEAD": self.wfile.write(body)
        def hang_up(self):
            self.close_connection = True
        def reset(self):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        def handle_any(self):
            path, _, query = self.path.partition("?")
            handle(self, path, dict(urllib.parse.parse_qsl(query)))
        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = handle_any


    """#

  private static let ending = #"""


    class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True
        request_queue_size = 256
        def handle_error(self, *a): pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)
    """#
}
