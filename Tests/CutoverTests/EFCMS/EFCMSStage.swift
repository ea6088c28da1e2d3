import Foundation
import Harness
import JSON

/// The sample of playbooks/efcms on servers of the test's own, with the worker that plays the court's
/// functions; everything is read back by its verify.py, with boto3.
struct EFCMSStage {
  let server: MotoServer
  let cutover: Binary
  private let search: Companion
  private let worker: Companion
  private let given: String
  /// Where the program asks, and as whom, instead of the server and its only key.
  private var place: (url: String, key: String)?

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "playbooks/efcms").path
  static let sample = "\(folder)/sample"
  /// Enough for every kind of record, and for messages and deadlines of some cases.
  private static let cases = "8"
  private static let secondsMax = 240.0
  /// What is seen at the end is compared with the beginning, which is when the stream is worked off.
  private static let indexed = """
    import time
    from verify import documents
    until = time.time() + 240
    while documents("alpha") != "alpha:38" and time.time() < until: time.sleep(0.1)
    """

  /// Runs a test on an environment in which blue is live on table alpha.
  static func run(_ body: (EFCMSStage) async throws -> Void) async throws {
    try await MotoServer.run(
      settings: ["EFCMS_LAG": "0.2", "PYTHONDONTWRITEBYTECODE": "1"],
      script: "\(sample)/server.py"
    ) { server in
      let search = try Companion(["\(sample)/search_server.py"], server.environment)
      let url = "http://127.0.0.1:\(search.first)"
      let environment = server.environment.merging(["SEARCH_URL": url]) { $1 }
      let seeded = try Self.python(["seed.py", "--cases", cases], environment)
      let worker = try Companion(["\(sample)/worker.py"], environment)
      let stage = try EFCMSStage(
        server: server, cutover: Binary(), search: search, worker: worker, given: seeded.trimmed)
      try stage.python(Self.indexed)
      try await body(stage)
      worker.end()
      search.end()
    }
  }

  private init(
    server: MotoServer, cutover: Binary, search: Companion, worker: Companion, given: String
  ) throws {
    self.server = server
    self.cutover = cutover
    self.search = search
    self.worker = worker
    self.given = given
  }

  private var searchURL: String { "http://127.0.0.1:\(search.first)" }

  var environment: [String: String] {
    server.environment.merging(["SEARCH_URL": searchURL, "PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
  }

  private static func python(_ words: [String], _ environment: [String: String]) throws -> String {
    let settings = environment.map { "\($0.key)=\($0.value)" }
    let output = try Tool.run(
      ["env", "PYTHONDONTWRITEBYTECODE=1"] + settings + ["python3", "\(sample)/\(words[0])"]
        + words.dropFirst())
    guard output.status == 0 else {
      throw HarnessError("\(words): \(output.text)\(output.errorText)")
    }
    return output.text
  }

  /// What is live, in one line.
  func seen() throws -> String { try Self.python(["verify.py"], environment).trimmed }

  /// Whether the migrations ran on what is live.
  func data() throws -> String { try Self.python(["verify.py", "data"], environment).trimmed }

  /// Runs lines of Python in the sample's folder, with the names of sample.py and deploy.py.
  @discardableResult
  func python(_ script: String) throws -> String {
    try server.python(
      """
      import os
      sys.path.insert(0, "\(Self.sample)")
      os.environ["SEARCH_URL"] = "\(searchURL)"
      from deploy import *
      from sample import *
      def store(key, kind, held):
        client("dynamodb").put_item(TableName=DEPLOY_TABLE, Item={
          "pk": {"S": key}, "sk": {"S": key}, "current": {kind: held}})

      """ + script
    ).trimmed
  }

  /// Begins a playbook, with parameters of which those that it does not declare are left out.
  func run(
    _ playbook: String, _ more: [JSONValue.Member] = [], program: Binary.Program = .cutover,
    endpoint: String? = nil, kill: String? = nil
  ) throws -> Binary.Output {
    try writeValues(playbook, more)
    return try go(
      ["run", path(playbook), "--yes", "--no-wait", "--parameters", "given.json"],
      program: program, endpoint: endpoint, kill: kill)
  }

  private func path(_ playbook: String) -> String { "\(Self.folder)/\(playbook).json5" }

  /// The policies that are printed for a playbook, with what it is run with.
  func policies(_ playbook: String, _ more: [JSONValue.Member] = []) throws -> JSONValue {
    try writeValues(playbook, more)
    let output = try go(
      ["policy", path(playbook), "--json", "--parameters", "given.json"])
    guard output.code == 0 else { throw HarnessError("policy: \(output.all)") }
    return try JSONValue(parsing: output.text)
  }

  /// The same environment, seen through a proxy that holds an access key to a policy.
  func asking(_ proxy: FaultProxy, as key: String) -> EFCMSStage {
    var stage = self
    stage.place = (proxy.url, key)
    return stage
  }

  private func writeValues(_ playbook: String, _ more: [JSONValue.Member]) throws {
    var values: [JSONValue.Member] = []
    let sample = try JSONValue(
      reading: Array(Data(contentsOf: URL(filePath: "\(Self.sample)/sample.json5"))),
      dialect: .json5)
    values += sample.members ?? []
    // seed.py prints options: --set NAME=VALUE …
    values += given.split(separator: " ").compactMap { word in
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      return parts.count == 2 ? .init(parts[0], .string(parts[1])) : nil
    }
    values += [
      .init("project", .string(Self.sample)), .init("web", .string("\(searchURL)/@")),
      .init("search", .string("\(searchURL)/@")),
    ]
    values = values.filter { value in !more.contains { $0.name == value.name } } + more
    let declared = try JSONValue(
      reading: Array(Data(contentsOf: URL(filePath: path(playbook)))), dialect: .json5)[
        "parameters"]
    values = values.filter { declared?[$0.name] != nil }
    try cutover.write("given.json", JSONValue.object(values).text)
  }

  @discardableResult
  func go(
    _ words: [String], program: Binary.Program = .cutover, endpoint: String? = nil,
    kill: String? = nil
  ) throws -> Binary.Output {
    var environment = environment
    if let place {
      environment["AWS_ENDPOINT_URL"] = place.url
      environment["AWS_ACCESS_KEY_ID"] = place.key
    }
    if let endpoint { environment["AWS_ENDPOINT_URL"] = endpoint }
    if let kill { environment["CUTOVER_KILL"] = kill }
    return try cutover.run(
      words, program: program, environment: environment, seconds: Self.secondsMax)
  }

  /// Says yes at the gate where the rollout waits, and goes on in a new process.
  func approve(
    _ gate: String, program: Binary.Program = .cutover, endpoint: String? = nil,
    kill: String? = nil
  ) throws -> Binary.Output {
    let answer = try go(["approve", gate, "--role", "release", "--comment", "seen"])
    guard answer.code == 0 else { return answer }
    return try go(["resume", "--no-wait"], program: program, endpoint: endpoint, kill: kill)
  }

  func rollBack() throws -> Binary.Output { try go(["rollback", "--reason", "test"]) }

  /// The migrations of the sample and one that nobody has applied yet.
  static let pending = JSONValue.Member(
    "migrations", ["0001-add-case-status.js", "0002-trim-names.js", "0003-mark-paper.js"])

  /// The codes with which a rollout waits for a person, and with which it is stuck.
  static let waiting: Int32 = 2
  static let stuck: Int32 = 3
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
