import Foundation

/// An HTTPS server on a free loopback port that offers HTTP/2 and HTTP/1.1 by ALPN: Hypercorn.
///
/// `/told` answers with the version of HTTP, the count and the SHA-256 of the body that it was sent;
/// `/blocks?count=N` sends N mebibytes. It ends with the closure, and with the test's process.
package struct HTTP2Server: Sendable {
  /// The only version of TLS that it speaks, where that is not left open.
  package enum TLS: String, Sendable {
    case any
    case onlyTLS11 = "TLSv1_1"
    case onlyTLS12 = "TLSv1_2"
  }

  package let port: Int
  package let base: String

  package static func run<Answer>(
    _ certificate: LoopbackServer.Certificate, tls: TLS = .any,
    _ body: (HTTP2Server) async throws -> Answer
  ) async throws -> Answer {
    let child = Process()
    let input = Pipe.make()
    let output = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = [
      "python3", "-W", "ignore", "-c", script, certificate.file, certificate.key, tls.rawValue,
    ]
    child.standardInput = input
    child.standardOutput = output
    child.standardError = FileHandle.nullDevice
    try child.start()
    defer {
      try? input.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("the HTTP/2 server did not start; run Scripts/setup: \(line)")
    }
    return try await body(HTTP2Server(port: port, base: "https://localhost:\(port)"))
  }

  private static let script = #"""
    import asyncio, hashlib, os, socket, ssl, sys, threading, urllib.parse
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    class Own(Config):
        ssl_enabled = True
        def create_ssl_context(self):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            context.set_alpn_protocols(["h2", "http/1.1"])
            if sys.argv[3] != "any":
                context.set_ciphers("ALL:@SECLEVEL=0")
                version = getattr(ssl.TLSVersion, sys.argv[3])
                context.minimum_version = context.maximum_version = version
            return context

    block = bytes(range(256)) * 4096

    async def answer(send, body):
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                event = await receive()
                await send({"type": event["type"] + ".complete"})
                if event["type"] == "lifespan.shutdown": return
        if scope["type"] != "http": return
        query = dict(urllib.parse.parse_qsl(scope["query_string"].decode()))
        if scope["path"] == "/blocks":
            count = int(query["count"])
            length = (b"content-length", str(count * len(block)).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            for number in range(count):
                await send({"type": "http.response.body", "body": block,
                            "more_body": number + 1 < count})
            return
        digest, size, more = hashlib.sha256(), 0, True
        while more:
            event = await receive()
            digest.update(event.get("body", b""))
            size += len(event.get("body", b""))
            more = event.get("more_body", False)
        await answer(send, f"{scope['http_version']} {size} {digest.hexdigest()}".encode())

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    config = Own()
    config.bind = [f"fd://{listening.fileno()}"]
    config.certfile, config.keyfile = sys.argv[1], sys.argv[2]

    def end():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    asyncio.run(serve(app, config, shutdown_trigger=lambda: asyncio.Event().wait()))
    """#
}
