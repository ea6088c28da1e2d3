import Foundation

/// An HTTP server on a free loopback port, run by `python3` as a child of the test.
///
/// It ends when the closure given to ``run(tls:_:)`` returns, and also when the test's process dies,
/// because it reads standard input until its end. What each path does is written in the script.
package struct LoopbackServer: Sendable {
  package let port: Int
  /// The beginning of every URL of this server, without a slash at the end.
  package let base: String
  /// The certificate of the authority that signed the server's, in PEM; nil without TLS.
  package let authority: String?

  /// Starts a server, hands it to the closure, and stops it.
  package static func run<Answer>(
    tls: Certificate? = nil, _ body: (LoopbackServer) async throws -> Answer
  ) async throws -> Answer {
    let child = Process()
    let input = Pipe.make()
    let output = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = ["python3", "-c", script] + (tls.map { [$0.file, $0.key] } ?? [])
    child.standardInput = input
    child.standardOutput = output
    try child.start()
    defer {
      try? input.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("the loopback server did not start: \(line)")
    }
    let base = tls == nil ? "http://127.0.0.1:\(port)" : "https://localhost:\(port)"
    return try await body(LoopbackServer(port: port, base: base, authority: tls?.authority))
  }

  /// A certificate for `localhost` with the files it is kept in.
  package struct Certificate: Sendable {
    package let file: String
    package let key: String
    package let authority: String

    /// Makes an authority and a certificate for `localhost` that ends at the given moment, written
    /// as `20301231235959Z`.
    package static func make(in folder: String, expires: String) throws -> Certificate {
      func openssl(_ arguments: [String]) throws {
        let child = Process()
        child.executableURL = URL(filePath: "/usr/bin/env")
        child.arguments = ["openssl"] + arguments
        child.currentDirectoryURL = URL(filePath: folder)
        child.standardError = FileHandle.nullDevice
        child.standardOutput = FileHandle.nullDevice
        try child.start()
        child.waitUntilExit()
        guard child.terminationStatus == 0 else {
          throw HarnessError(
            "openssl \(arguments.first ?? "") ended with \(child.terminationStatus)")
        }
      }
      let configuration = """
        [ca]
        default_ca = own
        [own]
        database = index
        new_certs_dir = .
        serial = serial
        default_md = sha256
        policy = any
        x509_extensions = server
        [any]
        commonName = supplied
        [server]
        subjectAltName = DNS:localhost
        """
      let files = ["index": "", "serial": "01", "ca.cnf": configuration]
      for (name, text) in files {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
      try openssl(
        ["req", "-x509", "-days", "2", "-subj", "/CN=Loopback Authority", "-keyout", "ca.key"]
          + ["-out", "ca.pem"] + elliptic)
      try openssl(
        ["req", "-new", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"]
          + elliptic)
      try openssl(
        ["ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"]
          + ["-startdate", "20200101000000Z", "-enddate", expires, "-in", "server.csr"]
          + ["-out", "server.pem"])
      return Certificate(
        file: "\(folder)/server.pem", key: "\(folder)/server.key", authority: "\(folder)/ca.pem")
    }
  }

  private static let script = #"""
    import http.server, os, socketserver, ssl, sys, threading, time, json
    connections = [0]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def setup(self):
            connections[0] += 1
            self.connection_number = connections[0]
            super().setup()
        def log_message(self, *a): pass
        def answer(self, status=200, headers=(), body=b""):
            self.send_response_only(status)
            for name, value in headers: self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD": self.wfile.write(body)
        def handle_any(self):
            if self.path == "/hang-up":
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            path = self.path.split("?")[0]
            if path == "/echo" or path.startswith("http://"):
                self.answer(body=json.dumps({
                    "method": self.command, "path": self.path, "body": body.decode("latin-1"),
                    "headers": [[k, v] for k, v in self.headers.items()],
                    "connection": self.connection_number}).encode())
            elif path.startswith("/status/"):
                self.answer(int(path[8:]), body=b"status")
            elif path == "/repeated":
                self.answer(headers=[("Set-Cookie", "a=1"), ("X-One", " spaced  "),
                                     ("Set-Cookie", "b=2"), ("X-Empty", "")])
            elif path.startswith("/redirect/"):
                n = int(path[10:])
                to = "/echo" if n <= 1 else "/redirect/%d" % (n - 1)
                self.answer(302, [("Location", to), ("X-Hop", str(n))])
            elif path == "/to":
                self.answer(302, [("Location", self.path.split("?", 1)[1])])
            elif path == "/garbage":
                self.wfile.write(b"SSH-2.0-nonsense\r\n")
                self.close_connection = True
            elif path.startswith("/bytes/"):
                self.answer(body=b"x" * int(path[7:]))
            elif path == "/long-headers":
                self.answer(headers=[("X-%d" % i, "v" * 8000) for i in range(60)])
            elif path == "/truncated":
                self.send_response_only(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"y" * 10)
                self.close_connection = True
            elif path == "/truncated-chunk":
                self.send_response_only(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"5\r\nhello\r\n")
                self.close_connection = True
            elif path == "/nothing":
                self.close_connection = True
            elif path == "/hang":
                self.rfile.read(1)
            elif path == "/hang-in-body":
                self.send_response_only(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"z" * 10)
                self.rfile.read(1)
            elif path == "/late":
                time.sleep(0.2)
                self.answer(body=b"late")
            else:
                self.answer(404, body=b"no such path")
        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = handle_any

    class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True
        request_queue_size = 256
        def handle_error(self, *a): pass

    server = Server(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)
    """#
}
