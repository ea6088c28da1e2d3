import Foundation
import Glibc

/// BIND 9 on a free loopback port, primary for one zone, run as a child of the test.
///
/// Updates and transfers must be signed with one of its keys. It ends when the closure given to
/// ``run(zone:records:_:)`` returns.
package struct NamedServer: Sendable {
  package let port: Int
  package let zone: String
  /// Base64 of the secret that all keys share.
  package let secret: String
  package let keyFile: String
  private let folder: String

  /// Names of keys that may change the zone, by algorithm.
  package static let keyNames = ["hmac-sha256": "key-256", "hmac-sha512": "key-512"]
  /// Known to the server, but may not change anything.
  package static let powerlessKey = "powerless"

  private static let startsMax = 5

  package static func run<Answer>(
    zone: String = "example.test", records: String = standardRecords, options: String = "",
    _ body: (NamedServer) async throws -> Answer
  ) async throws -> Answer {
    try await TemporaryFolder.with { folder in
      for _ in 0..<startsMax {
        // Another process may take the port before named does; then another one is chosen.
        guard let (server, stop) = try start(folder, zone, records, options) else { continue }
        defer { stop() }
        return try await body(server)
      }
      throw HarnessError("named did not start in \(folder): \(log(folder))")
    }
  }

  package static let standardRecords = """
    $TTL 60
    @ IN SOA ns1 admin ( 1 300 60 86400 5 )
    @ IN NS ns1
    @ IN MX 10 mail
    @ IN TXT "a b" "c;d\\"e\\\\f"
    ns1 IN A 127.0.0.1
    www 300 IN A 192.0.2.1
    www 300 IN A 192.0.2.2
    api IN CNAME blue
    blue IN A 192.0.2.10
    green IN A 192.0.2.20
    green IN AAAA 2001:db8::20
    caa IN CAA 0 issue "ca.example; policy=ev"
    _ldap._tcp IN SRV 1 2 389 ldap
    mail IN A 192.0.2.30
    *.wild IN TXT "any"
    odd\\.dot IN TXT "dot"
    mystery IN TYPE65280 \\# 3 abcdef

    """

  /// Runs `dig` against the server and answers its lines.
  package func dig(_ arguments: String...) throws -> [String] {
    let all = ["-p", "\(port)", "@127.0.0.1", "+time=5", "+tries=2"] + arguments
    return try Self.output("dig", all).split(separator: "\n").map(String.init)
  }

  /// Stops answering without closing its sockets, for as long as the closure runs.
  package func whileFrozen<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    let text = try String(contentsOfFile: "\(folder)/named.pid", encoding: .utf8)
    guard let processID = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("named has no process id: \(text)")
    }
    kill(processID, SIGSTOP)
    defer { kill(processID, SIGCONT) }
    // The signal is sent at once, but each thread stops in its own time.
    let patience = ContinuousClock.now + .seconds(120)
    while !Self.isStopped(processID), ContinuousClock.now < patience { await Task.yield() }
    return try await body()
  }

  private static func isStopped(_ processID: Int32) -> Bool {
    let folder = "/proc/\(processID)/task"
    let threads = try? FileManager.default.contentsOfDirectory(atPath: folder)
    return (threads ?? []).allSatisfy { thread in
      let status = try? String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8)
      return status?.contains(") T ") == true
    }
  }

  private static func start(
    _ folder: String, _ zone: String, _ records: String, _ options: String
  ) throws -> (NamedServer, () -> Void)? {
    let port = try FreePort.find()
    let secret = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
    var keys = ""
    let names = keyNames.map { ($0.value, $0.key) } + [(powerlessKey, "hmac-sha256")]
    for (name, algorithm) in names {
      let text = "key \"\(name)\" { algorithm \(algorithm); secret \"\(secret)\"; };\n"
      keys += text
      try text.write(toFile: "\(folder)/\(name).key", atomically: true, encoding: .utf8)
    }
    let grants = keyNames.values.map { "grant \($0) zonesub ANY;" }.joined(separator: " ")
    let transfers = keyNames.values.map { "key \($0);" }.joined(separator: " ")
    let configuration = """
      \(keys)
      options {
        directory "\(folder)"; managed-keys-directory "\(folder)"; lock-file none;
        pid-file "\(folder)/named.pid"; session-keyfile "\(folder)/session.key";
        listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
        recursion no; dnssec-validation no; empty-zones-enable no; notify no;
        minimal-responses yes; allow-transfer { \(transfers) }; \(options)
      };
      controls { };
      zone "\(zone)" { type primary; file "\(folder)/db"; update-policy { \(grants) }; };
      """
    try records.write(toFile: "\(folder)/db", atomically: true, encoding: .utf8)
    try configuration.write(toFile: "\(folder)/named.conf", atomically: true, encoding: .utf8)
    try "".write(toFile: "\(folder)/named.log", atomically: true, encoding: .utf8)
    let child = Process()
    // The shell waits for the end of its input, which also comes when the test's process dies.
    let script = "named -g -n 1 -c '\(folder)/named.conf' & cat; kill $!; wait"
    let rope = Pipe.make()
    child.executableURL = URL(filePath: "/bin/sh")
    child.arguments = ["-c", script]
    child.standardInput = rope
    child.standardOutput = FileHandle.nullDevice
    child.standardError = FileHandle(forWritingAtPath: "\(folder)/named.log")
    try child.start()
    let stop = {
      try? rope.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let server = NamedServer(
      port: port, zone: zone, secret: secret, keyFile: "\(folder)/key-256.key", folder: folder)
    guard try server.isReady() else {
      stop()
      return nil
    }
    return (server, stop)
  }

  /// Asks until the zone is answered for; dig itself waits between its attempts.
  private func isReady() throws -> Bool {
    let patience = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < patience, !Self.log(folder).contains("exiting (due to") {
      guard !Self.log(folder).contains("not loaded due to errors") else {
        throw HarnessError("named refused the zone: \(Self.log(folder))")
      }
      let answer = try Self.output(
        "dig", ["-p", "\(port)", "@127.0.0.1", "+time=1", "+tries=1", "+short", zone, "SOA"])
      if answer.contains(" 300 ") { return true }
    }
    return false
  }

  private static func output(_ program: String, _ arguments: [String]) throws -> String {
    let child = Process()
    let pipe = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = [program] + arguments
    child.standardOutput = pipe
    child.standardError = FileHandle.nullDevice
    try child.start()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// The end of what the server has to say about itself.
  package var log: String { Self.log(folder) }

  private static func log(_ folder: String) -> String {
    let text = try? String(contentsOfFile: "\(folder)/named.log", encoding: .utf8)
    return String((text ?? "no log").suffix(800))
  }
}
