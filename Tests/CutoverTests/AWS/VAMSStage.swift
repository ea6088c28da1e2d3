import Foundation
import Harness
import JSON
import Testing

/// Stack A of VAMS 2.5 on a server of the test's own, and what the shipped playbooks are given.
///
/// Only parameters differ from what is shipped: the commands of CDK are scripts that make the same
/// stacks with boto3, names point to servers on loopback, and nobody waits for caches.
struct VAMSStage {
  enum Mode: String {
    case cloudfront
    case alb
  }

  static let blue = "vams-core-prod-blue-us-east-1"
  static let green = "vams-core-prod-green-us-east-1"
  static let waiting: Int32 = 2

  let stage: AWSStage
  private let outside: ScriptedServer
  /// The other region's stack, where the playbook has one.
  private let green: String
  private let greenRegion: String

  /// Makes stack A, fills it and notes all that it holds.
  init(
    _ server: MotoServer, _ outside: ScriptedServer, _ mode: Mode, green: String = Self.green,
    greenRegion: String = "us-east-1"
  ) throws {
    stage = try AWSStage(server)
    self.outside = outside
    self.green = green
    self.greenRegion = greenRegion
    let checkouts = [
      ("prod-blue", Self.blue, "2.5.0"), ("prod-green", green, "2.5.0"),
      ("vams-2.5.0", Self.blue, "2.5.0"), ("vams-2.5.1", Self.blue, "2.5.1"),
    ]
    for (folder, stack, release) in checkouts {
      try FileManager.default.createDirectory(
        atPath: project(folder), withIntermediateDirectories: true)
      let config: JSONValue = [
        "stack": .string(stack), "mode": .string(mode.rawValue), "site": .string(outside.base),
        "domain": "vams.example.org", "release": .string(release),
      ]
      try stage.cutover.write("projects/\(folder)/infra/config.json", config.text)
    }
    try FileManager.default.createDirectory(
      atPath: stage.cutover.folder.file("manifests"), withIntermediateDirectories: true)
    try make("deploy")
    try make("fill")
    try take(Self.blue, "blue.json")
  }

  private func project(_ name: String) -> String {
    stage.cutover.folder.file("projects/\(name)/infra")
  }

  private static let script = "\(AWSStage.fixtures)/vams/stack.py"

  /// Runs one of stack.py's words in stack A's checkout.
  private func make(_ word: String) throws {
    try stage.script("-c", [Self.inFolder, project("prod-blue"), Self.script, word])
  }

  private static let inFolder = """
    import os, sys
    os.chdir(sys.argv[1])
    os.execvp("python3", ["python3", *sys.argv[2:]])
    """

  // MARK: Running

  /// Begins a rollout of a shipped playbook, and says yes at every gate before that one.
  @discardableResult
  func run(
    _ playbook: String, _ parameters: [String: JSONValue], until gate: String?
  ) throws -> Binary.Output {
    let members = parameters.map { JSONValue.Member($0.key, $0.value) }
    try stage.cutover.write("\(playbook).parameters.json5", JSONValue.object(members).text)
    let output = try cutover(
      "run", "\(AWSStage.playbooks)/\(playbook).json5", "--parameters",
      "\(playbook).parameters.json5", "--live", "blue", "--yes", "--no-wait")
    return try go(on: output, until: gate)
  }

  /// Says yes at every gate before that one; nil for all of them.
  func go(on output: Binary.Output? = nil, until gate: String?) throws -> Binary.Output {
    var output = try output ?? cutover("resume", "--no-wait")
    for _ in 0..<Self.gatesMax {
      guard output.code == Self.waiting, let open = Self.gate(output.text), open != gate else {
        return output
      }
      let answer = try cutover("approve", open, "--role", "release", "--comment", "seen")
      guard answer.code == 0 else { return answer }
      output = try cutover("resume", "--no-wait")
    }
    return output
  }

  private static let gatesMax = 10

  private static func gate(_ text: String) -> String? {
    guard let mark = text.range(of: "waits for a person at ", options: .backwards) else {
      return nil
    }
    return text[mark.upperBound...].split(separator: " ").first.map(String.init)
  }

  @discardableResult
  func cutover(_ words: String...) throws -> Binary.Output {
    try stage.run(words, more: ["AWS_ENDPOINT_URL_CLOUDFRONT": outside.base])
  }

  /// What the playbooks for two stacks take.
  func both() throws -> [String: JSONValue] {
    let zone = try stage.script(
      Self.script, "zone", "example.org.", "vams.example.org.", "blue.vams.example.org.",
      "blue.vams.example.org.", "blue.example.net.")
    return watched.merging([
      "zone": .string(zone.trimmingCharacters(in: .whitespacesAndNewlines)), "ttl": 1,
      "deploy": ["python3", .string(Self.script), "deploy"],
      "destroy": ["python3", .string(Self.script), "destroy"],
    ]) { $1 }
  }

  /// What the playbook for one stack takes.
  var inPlace: [String: JSONValue] {
    watched.merging([
      "stack": .string(Self.blue), "synth": ["python3", .string(Self.script), "synth"],
      "publish": ["python3", .string(Self.script), "publish"], "checksWithin": "1s",
    ]) { $1 }
  }

  /// What the playbook takes that only saves.
  var saving: [String: JSONValue] {
    [
      "stack": .string(Self.blue), "folder": .string(stage.cutover.folder.file("manifests")),
      "backups": "test-backup",
    ]
  }

  private var watched: [String: JSONValue] {
    [
      "folder": .string(stage.cutover.folder.file("manifests")), "backups": "test-backup",
      "projects": .string(stage.cutover.folder.file("projects")), "bake": "1s", "bakeEvery": "1s",
      "site": .string("\(outside.base)/"), "apiScheme": "http://",
    ]
  }

  // MARK: Reading back

  func take(_ stack: String, _ file: String) throws { try judge("take", stack, path(file)) }

  /// What is in the file, as another stack holds it after a cutover.
  func isMoved(_ file: String = "blue.json") throws -> Bool {
    try judge("moved", path(file), green, region: greenRegion)
  }

  func isSame(_ file: String = "blue.json", _ stack: String = Self.blue) throws -> Bool {
    try judge("same", path(file), stack)
  }

  func isRestored() throws -> Bool { try judge("restored", path("blue.json"), green) }

  func isBackedUp() throws -> Bool { try judge("backup", path("blue.json"), "test-backup") }

  private func path(_ file: String) -> String { stage.cutover.folder.file(file) }

  @discardableResult
  private func judge(_ words: String..., region: String = "us-east-1") throws -> Bool {
    let output = try Tool.run(
      ["env", "PYTHONDONTWRITEBYTECODE=1"]
        + stage.server.environment.map { "\($0.key)=\($0.value)" } + ["AWS_REGION=\(region)"]
        + ["python3", "\(AWSStage.fixtures)/vams/judge.py"] + words)
    if output.status != 0 { Issue.record("judge.py \(words): \(output.text)\(output.errorText)") }
    return output.status == 0
  }

  /// Where the name points, as boto3 reads it.
  func name() throws -> String {
    try stage.server.python(
      """
      dns = client("route53")
      zone = dns.list_hosted_zones_by_name(DNSName="example.org.")["HostedZones"][0]
      sets = dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
      print({s["Name"]: s["ResourceRecords"][0]["Value"] for s in sets
        if s["Type"] == "CNAME"}["vams.example.org."], end="")
      """)
  }

  /// The stacks that are there and the tables that they have.
  func remains() throws -> String {
    try stage.server.python(
      """
      stacks = [s["StackName"] for s in client("cloudformation").describe_stacks()["Stacks"]]
      tables = [t for p in client("dynamodb").get_paginator("list_tables").paginate()
        for t in p["TableNames"]]
      print(*(f"{c}: {sum(n.startswith('vams-core-prod-' + c) for n in names)}"
        for names in (stacks, tables) for c in ("blue", "green")), end="")
      """)
  }

  /// The distribution that has the domain as its alias.
  func alias() throws -> String {
    let text = try Tool.run(["curl", "--silent", "\(outside.base)/_alias"]).text
    return try JSONValue(reading: Array(text.utf8))["vams.example.org"]?.string ?? ""
  }

  /// Makes the API fail from now on.
  func breakAPI() throws {
    _ = try Tool.run(["curl", "--silent", "\(outside.base)/_break"])
  }

  /// The web app, the API, and of CloudFront the move of an alias: which moto does not have, and
  /// which here neither asks for a certificate nor takes any time.
  static let outside = """
    def handle(self, path, query):
        self.body()
        with changed:
            if path.endswith("/associate-alias") and self.command == "PUT":
                shared[query["Alias"]] = path.split("/")[3]
                return self.answer(200)
            if path == "/_alias":
                return self.answer(200, body=json.dumps(shared))
            if path == "/_break":
                shared["broken"] = True
            fails = shared.get("broken") and path.startswith("/api/")
            self.answer(503 if fails else 200, body="fine")
    """
}
