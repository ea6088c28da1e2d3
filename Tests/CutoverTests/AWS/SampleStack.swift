import Foundation
import Harness
import JSON

/// The sample of playbooks/vams, seeded as stack A on a server of the test's own.
struct SampleStack {
  let stage: AWSStage
  private let settings: [String]

  /// `share` 100 makes a hundredth of the sample's items, objects and users.
  init(_ server: MotoServer, share: Int) throws {
    stage = try AWSStage(server)
    let prepared = try JSONValue(
      reading: Array(try stage.script("\(AWSStage.sample)/seed.py", "prepare").utf8))
    guard let zone = prepared["zone"]?.string, let templates = prepared["templates"]?.string else {
      throw HarnessError("seed.py prepare said \(prepared.text)")
    }
    settings = [
      "--set", "zone=\(zone)", "--set", "templates=\(templates)",
      "--set", "sample=\(AWSStage.sample)", "--set", "bake=1s",
    ]
    try seed("stack", "vams-blue")
    try seed("fill", "vams-blue", "--share", "\(share)")
    try compare("take", "vams-blue", blue)
  }

  /// What stack A held before anything was done.
  var blue: String { stage.cutover.folder.file("blue.json") }

  private var playbook: String { "\(AWSStage.sample)/cutover.json5" }

  var forward: [String] {
    ["run", playbook, "--live", "blue", "--yes", "--no-wait"] + settings
  }

  /// What `cutover policy` prints for it.
  func policies() throws -> JSONValue {
    let output = try stage.run(["policy", playbook, "--json"] + settings)
    guard output.code == 0 else { throw HarnessError("policy: \(output.all)") }
    return try JSONValue(parsing: output.text)
  }

  /// What `cutover plan` says, with more words.
  func plan(_ words: String..., as key: String, through proxy: FaultProxy) throws -> Binary.Output {
    try run(["plan", playbook, "--live", "blue"] + settings + words, as: key, through: proxy)
  }

  /// Runs the program with an access key of one's own.
  func run(_ words: [String], as key: String, through proxy: FaultProxy) throws -> Binary.Output {
    try stage.run(words, endpoint: proxy.url, more: ["AWS_ACCESS_KEY_ID": key])
  }

  @discardableResult
  func seed(_ words: String...) throws -> String {
    try stage.script("\(AWSStage.sample)/seed.py", words)
  }

  @discardableResult
  func compare(_ words: String...) throws -> String {
    try stage.script("\(AWSStage.sample)/compare.py", words)
  }

  /// Says yes at the gate where the rollout waits, and goes on in a new process.
  func approve(_ gate: String) throws -> Binary.Output {
    let answer = try stage.run(["approve", gate, "--role", "release", "--comment", "seen"])
    guard answer.code == 0 else { return answer }
    return try stage.run(["resume", "--no-wait"])
  }

  /// The same with an access key of one's own.
  func approve(_ gate: String, as key: String, through proxy: FaultProxy) throws -> Binary.Output {
    let answer = try stage.run(["approve", gate, "--role", "release", "--comment", "seen"])
    guard answer.code == 0 else { return answer }
    return try run(["resume", "--no-wait"], as: key, through: proxy)
  }

  /// Where the name points, as boto3 reads it.
  func name() throws -> String {
    try stage.server.python(
      """
      zone = client("route53").list_hosted_zones_by_name(DNSName="example.test.")["HostedZones"][0]
      sets = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])
      found = {s["Name"]: s["ResourceRecords"][0]["Value"] for s in sets["ResourceRecordSets"]}
      print(found["vams.example.test."], end="")
      """)
  }

  /// The stacks, tables, pools and buckets that are there, by whose they are.
  func remains() throws -> String {
    try stage.server.python(
      """
      stacks = client("cloudformation").describe_stacks()["Stacks"]
      pools = [pool for page in client("cognito-idp").get_paginator("list_user_pools")
        .paginate(MaxResults=60) for pool in page["UserPools"]]
      def of(names): return " ".join(f"{c}:{sum(n.startswith('vams-' + c) for n in names)}"
        for c in ("blue", "green"))
      print("stacks", of([s["StackName"] for s in stacks]), "tables", of(tables()),
        "pools", of([p["Name"] for p in pools]), end="")
      """)
  }
}
