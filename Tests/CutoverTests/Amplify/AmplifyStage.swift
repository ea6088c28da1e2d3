import Foundation
import Harness
import JSON

/// A backend of an app of its own: its tables in moto, and what moto lacks in front of it.
struct AmplifyStage {
  let server: MotoServer
  let cutover: Binary
  private let emulator: ScriptedServer
  /// What all names of this stage begin with.
  let app: String

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// The trees that the tests of exports have.
  static let exports = fixtures.appending(path: "ExportsTests/Fixtures").path

  static let playbooks = fixtures.deletingLastPathComponent()
    .appending(path: "playbooks/amplify").path

  /// The adapter for classes of the old tool needs it.
  static let hasNode = (try? Tool.run(["node", "--version"]).status) == 0

  static func run(_ body: (AmplifyStage) async throws -> Void) async throws {
    let server = try MotoServer.shared()
    let script = try String(
      contentsOf: fixtures.appending(path: "CutoverTests/Fixtures/amplify/server.py"),
      encoding: .utf8)
    try await ScriptedServer.run(script.replacing("%MOTO%", with: server.url)) { emulator in
      let app = "d" + UUID().uuidString.replacing("-", with: "").prefix(10).lowercased()
      try await body(
        AmplifyStage(server: server, cutover: try Binary(), emulator: emulator, app: app))
    }
  }

  var environment: [String: String] {
    let more = ["AMPLIFY", "CLOUDFORMATION", "DYNAMODB"].map {
      ("AWS_ENDPOINT_URL_\($0)", emulator.base)
    }
    return server.environment.merging(more) { $1 }
  }

  /// Changes what the emulator does from now on.
  func set(_ json: String) throws {
    let output = try Tool.run(["curl", "-sS", "--fail", "--data", json, "\(emulator.base)/_set"])
    guard output.status == 0 else { throw HarnessError(output.errorText) }
  }

  /// Waits until a request is held back that `set` told to hold.
  func waitUntilHeld() throws { _ = try Tool.run(["curl", "-sS", "\(emulator.base)/_reached"]) }

  /// How often the emulator did something, by its first word.
  func count(_ word: String) throws -> Int {
    let log = try JSONValue(
      reading: Array(try Tool.run(["curl", "-sS", "\(emulator.base)/_log"]).text.utf8))
    return log.elements?.count { $0.string?.hasPrefix(word) == true } ?? 0
  }

  /// Makes a table with these keys, all of type S, and point-in-time recovery.
  func make(_ table: String, keys: [String] = ["id"]) throws {
    _ = try python(
      """
      c = client("dynamodb")
      name, keys = sys.argv[1], sys.argv[2].split(",")
      if name in tables(): c.delete_table(TableName=name)
      c.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": k, "KeyType": t} for k, t in zip(keys, ("HASH", "RANGE"))],
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys])
      c.update_continuous_backups(TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
      """, [table, keys.joined(separator: ",")])
  }

  /// What the stacks of the branch `main` own from now on: physical tables by model.
  func deploy(_ tables: [String: String], root: String? = nil) throws {
    let root = root ?? "\(app)-root"
    var stacks: [String] = []
    var nested: [String] = []
    for (model, table) in tables.sorted(by: { $0.key < $1.key }) {
      nested.append(
        "[\"amplifyData\(model)NestedStack\",\"\(app)-\(model)\",\"AWS::CloudFormation::Stack\"]")
      stacks.append(
        """
        "\(app)-\(model)": [["\(model)DataSource","x","AWS::AppSync::DataSource"],
          ["\(model)Resolver","y","AWS::AppSync::Resolver"],
          ["\(model)Table","\(table)","Custom::AmplifyDynamoDBTable"]]
        """)
    }
    try set(
      """
      {"branches": {"/apps/\(app)/branches/main": {"branch": {"branchName": "main", "backend":
        {"stackArn": "arn:aws:cloudformation:us-east-1:123456789012:stack/\(root)/1"}}}},
       "stacks": {"\(root)": [
          ["auth179371D7", "\(app)-auth", "AWS::CloudFormation::Stack"],
          ["userdata0A1B2C3D", "\(app)-other", "AWS::CloudFormation::Stack"],
          ["data7552DF31", "\(app)-data", "AWS::CloudFormation::Stack"]],
        "\(app)-auth": [], "\(app)-other": [["BookTable", "wrong", "Custom::AmplifyDynamoDBTable"]],
        "\(app)-data": [\(nested.joined(separator: ","))], \(stacks.joined(separator: ","))}}
      """)
  }

  func write(_ title: String, _ migration: String) throws {
    try FileManager.default.createDirectory(
      atPath: cutover.folder.file("migrations"), withIntermediateDirectories: true)
    try cutover.write("migrations/\(title).json5", "{ migration: 1, \(migration) }")
  }

  /// A command for the branch `main`; those that run migrations get the folder too.
  func words(_ verb: String, _ more: [String] = []) -> [String] {
    let isPlain = ["init", "destroy"].contains(verb)
    return ["amplify", verb, "--appId", app, "--branch", "main"]
      + (isPlain ? [] : ["--migrationsDir", "migrations", "--yes"]) + more
  }

  @discardableResult
  func run(_ verb: String, _ more: String...) throws -> Binary.Output {
    try cutover.run(words(verb, more), environment: environment)
  }

  /// Runs a script with boto3 against moto itself, where boto3 is loaded already.
  func python(_ script: String, _ words: [String] = []) throws -> String {
    let ask: JSONValue = [
      "script": .string(Self.opening + script), "words": .array(words.map { .string($0) }),
    ]
    try cutover.write(".ask", ask.text)
    let output = try Tool.run([
      "curl", "-sS", "--write-out", "\n%{http_code}", "--data-binary",
      "@\(cutover.folder.file(".ask"))", "\(emulator.base)/_run",
    ])
    let end = output.text.lastIndex(of: "\n") ?? output.text.startIndex
    guard output.text[end...] == "\n200" else {
      throw HarnessError("\(output.text)\(output.errorText)")
    }
    return String(output.text[..<end])
  }

  /// Items in one form: sorted names and sets, numbers as text, sorted by their own text.
  private static let opening = """
    import base64
    def form(v):
      (t, x), = v.items()
      if t == "M": return {"M": {k: form(i) for k, i in x.items()}}
      if t == "L": return {"L": [form(i) for i in x]}
      if t == "B": return {"B": x if isinstance(x, str) else base64.b64encode(x).decode()}
      if t == "BS": return {"BS": sorted(form({"B": b})["B"] for b in x)}
      if t in ("SS", "NS"): return {t: sorted(x)}
      return v
    def line(item): return json.dumps({k: form(v) for k, v in item.items()}, sort_keys=True)
    def held(table):
      pages = client_.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
      return sorted(line(i) for p in pages for i in p["Items"])
    def lines(path): return sorted(line(json.loads(l)) for l in open(path, encoding="utf-8"))
    def typed(v):
      (t, x), = v.items()
      if t == "B": return {"B": base64.b64decode(x)}
      if t == "BS": return {"BS": [base64.b64decode(b) for b in x]}
      if t == "M": return {"M": {k: typed(i) for k, i in x.items()}}
      if t == "L": return {"L": [typed(i) for i in x]}
      return v
    def load(table, path):
      for l in open(path, encoding="utf-8"):
        client_.put_item(TableName=table, Item={k: typed(v) for k, v in json.loads(l).items()})
    client_ = client("dynamodb")

    """

  func load(_ table: String, _ fixture: String) throws {
    _ = try python("load(*sys.argv[1:])", [table, "\(Self.exports)/\(fixture)"])
  }

  /// `same`, or how the table differs from a file of items.
  func compare(_ table: String, _ fixture: String) throws -> String {
    try python(
      """
      a, b = held(sys.argv[1]), lines(sys.argv[2])
      print("same" if a == b else [x for x in a if x not in b] + [x for x in b if x not in a])
      """, [table, "\(Self.exports)/\(fixture)"]
    ).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func items(_ table: String) throws -> [String] {
    try python("print('\\n'.join(held(sys.argv[1])))", [table]).split(separator: "\n")
      .map(String.init)
  }

  /// The records of the backend's table, without what differs from run to run.
  func records() throws -> [String] {
    try items("amplify-data-migration-\(app)-main")
  }
}
