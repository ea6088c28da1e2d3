import Foundation

/// A proxy before a server of DynamoDB that does what the service does on a bad day.
///
/// Batches come back in part, written anew with other spaces and order of names; requests are
/// throttled; replies are cut short. Seeded, so that a run can be repeated. What it lets through is
/// answered by the server behind it.
package struct FaultyDynamo: Sendable {
  /// Chances in a hundred.
  package struct Faults: Sendable {
    package var unprocessed = 0
    package var throttled = 0
    package var cutShort = 0

    package init(unprocessed: Int = 0, throttled: Int = 0, cutShort: Int = 0) {
      self.unprocessed = unprocessed
      self.throttled = throttled
      self.cutShort = cutShort
    }
  }

  package let environment: [String: String]

  /// Runs a proxy before the server for as long as the closure takes.
  package static func run<Answer>(
    before server: MotoServer, _ faults: Faults, _ body: (FaultyDynamo) async throws -> Answer
  ) async throws -> Answer {
    let child = Process()
    let input = Pipe.make()
    let output = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments =
      ["python3", "-c", script, server.url]
      + [faults.unprocessed, faults.throttled, faults.cutShort].map(String.init)
    child.standardInput = input
    child.standardOutput = output
    try child.start()
    defer {
      try? input.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("the faulty proxy did not start: \(line)")
    }
    let own = ["AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)"]
    return try await body(
      FaultyDynamo(environment: server.environment.merging(own) { $1 }))
  }

  private static let script = #"""
    import http.server, json, os, random, sys, threading, urllib.error, urllib.request

    behind, unprocessed, throttled, cut = sys.argv[1], *map(int, sys.argv[2:5])
    chance, lock = random.Random(7), threading.Lock()

    def happens(percent):
        with lock:
            return chance.randrange(100) < percent

    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *ignored): pass
        def reply(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if happens(cut) and status == 200:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.connection.shutdown(2)
                self.close_connection = True
                return
            self.wfile.write(body)
        def error(self, code):
            name = "com.amazonaws.dynamodb.v20120810#" + code
            self.reply(400, json.dumps({"__type": name, "message": "on purpose"}).encode())
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].split(".")[-1]
            left = {}
            throttles = ("BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem", "Scan")
            if operation in throttles and happens(throttled):
                return self.error("ProvisionedThroughputExceededException")
            if operation == "BatchWriteItem":
                asked = json.loads(body)
                for table, requests in asked["RequestItems"].items():
                    taken = [one for one in requests if not happens(unprocessed)]
                    rest = [one for one in requests if one not in taken]
                    if rest: left[table] = rest
                    asked["RequestItems"][table] = taken
                if not any(asked["RequestItems"].values()):
                    # As the service: nothing taken is no empty success.
                    return self.error("ProvisionedThroughputExceededException")
                body = json.dumps(asked).encode()
            if operation == "BatchGetItem":
                asked = json.loads(body)
                for table, keys in asked["RequestItems"].items():
                    rest = [one for one in keys["Keys"] if happens(unprocessed)]
                    if rest and len(rest) < len(keys["Keys"]):
                        left[table] = dict(keys, Keys=rest)
                        keys["Keys"] = [one for one in keys["Keys"] if one not in rest]
                body = json.dumps(asked).encode()
            own = ("host", "content-length")
            headers = {k: v for k, v in self.headers.items() if k.lower() not in own}
            request = urllib.request.Request(behind + self.path, body, headers, method="POST")
            try:
                with urllib.request.urlopen(request) as answer:
                    status, reply = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, reply = error.code, error.read()
            if left and status == 200:
                answer = json.loads(reply)
                isWrite = operation == "BatchWriteItem"
                answer["UnprocessedItems" if isWrite else "UnprocessedKeys"] = left
                reply = json.dumps(answer, indent=1, sort_keys=True).encode()
            self.reply(status, reply)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    os._exit(0)
    """#
}
