import Foundation
import Synchronization

/// The moto server, an independent emulation of AWS, on a free loopback port.
///
/// What it holds is read back with boto3 or awscli, never with our own reader. Its gaps are many;
/// a test that meets one says so.
package final class MotoServer: Sendable {
  package let url: String
  /// What a process needs to reach it, and nothing else of AWS.
  package let environment: [String: String]

  private init(port: Int) {
    url = "http://127.0.0.1:\(port)"
    environment = [
      "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "testing",
      "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1",
      "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
      "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    ]
  }

  private static let common = Mutex<MotoServer?>(nil)
  private static let startsMax = 5

  /// The one server that all suites of a test process share; use names of your own in it.
  ///
  /// It ends with the process.
  package static func shared() throws -> MotoServer {
    try common.withLock { common in
      if let server = common { return server }
      let server = try start().server
      common = server
      return server
    }
  }

  /// A server of one's own, for what changes the whole account; it ends with the closure.
  ///
  /// `script` is one in Python that takes moto_server's options, such as moto with what it lacks.
  package static func run<Answer>(
    settings: [String: String] = [:], script: String? = nil,
    _ body: (MotoServer) async throws -> Answer
  ) async throws -> Answer {
    let (server, stop) = try start(settings, script)
    defer { stop() }
    return try await body(server)
  }

  /// Runs a Python script with boto3 against the server and gives what it printed.
  ///
  /// `boto3`, `json`, `client(service)` and `tables()`, the names of all tables, are there already:
  /// one answer to ListTables holds a hundred, and other suites have tables too.
  package func python(_ script: String, _ arguments: [String] = []) throws -> String {
    let opening = """
      import boto3, json, sys
      def client(service, **more): return boto3.client(service, **more)
      def tables():
        pages = client("dynamodb").get_paginator("list_tables").paginate()
        return [name for page in pages for name in page["TableNames"]]

      """
    let settings = environment.map { "\($0.key)=\($0.value)" }
    let output = try Tool.run(
      ["env"] + settings + ["python3", "-c", opening + script] + arguments)
    guard output.status == 0 else { throw HarnessError("python: \(output.errorText)") }
    return output.text
  }

  /// Ends the server with this process, however that ends, or when told to.
  ///
  /// Children that a thread of the pool starts have all signals blocked, which a shell keeps so.
  private static let keeper = """
    import os, signal, subprocess, sys
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    parent = os.getppid()
    server = subprocess.Popen(
      [sys.executable, sys.argv[2], "-H", "127.0.0.1", "-p", sys.argv[1]])
    def end(*_):
      server.kill()
      server.wait()
      os._exit(0)
    signal.signal(signal.SIGTERM, end)
    while os.getppid() == parent and server.poll() is None:
      try: server.wait(timeout=0.5)
      except subprocess.TimeoutExpired: pass
    end()
    """

  private static let moto =
    URL(filePath: #filePath).deletingLastPathComponent().path + "/aws_server.py"

  private static func start(
    _ settings: [String: String] = [:], _ script: String? = nil
  ) throws -> (server: MotoServer, stop: @Sendable () -> Void) {
    for _ in 0..<startsMax {
      let port = try FreePort.find()
      let child = Process()
      child.executableURL = URL(filePath: "/usr/bin/env")
      child.arguments = ["python3", "-c", Self.keeper, "\(port)", script ?? Self.moto]
      child.environment = ProcessInfo.processInfo.environment.merging([
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "false",
        "MOTO_S3_CUSTOM_ENDPOINTS": "http://127.0.0.1:\(port)", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
      ]) { $1 }.merging(settings) { $1 }
      child.standardInput = FileHandle.nullDevice
      child.standardOutput = FileHandle.nullDevice
      child.standardError = FileHandle.nullDevice
      try child.start()
      let server = MotoServer(port: port)
      if server.isReady() {
        return (
          server,
          {
            child.terminate()
            child.waitUntilExit()
          }
        )
      }
      child.terminate()
      child.waitUntilExit()
    }
    throw HarnessError("moto_server did not start; run Scripts/setup")
  }

  /// Asks until it answers; curl itself waits between its attempts.
  private func isReady() -> Bool {
    let output = try? Tool.run([
      "curl", "--silent", "--fail", "--output", "/dev/null", "--retry", "240", "--retry-delay", "0",
      "--retry-max-time", "90", "--retry-all-errors", "--retry-connrefused",
      "\(url)/moto-api/data.json",
    ])
    return output?.status == 0
  }
}
