import Foundation
import Harness
import JSON
import Testing

/// A table and a bucket copied while AWS has a bad day: nothing may be lost, or one right message.
@Suite("Copies through a proxy that breaks things", .waiting)
struct FaultTests {
  /// Faults that pass by themselves, together; the run must come through.
  private static let weather: [(name: String, rules: [FaultProxy.Rule])] = [
    (
      "throttling", [FaultProxy.Rule("throttle", share: 0.3)]
    ),
    ("unprocessed items", [FaultProxy.Rule("unprocessed", share: 0.3)]),
    (
      "server errors before and after the effect",
      [FaultProxy.Rule("broken", share: 0.1), FaultProxy.Rule("broken-after", share: 0.1)]
    ),
    (
      "lost, reset and truncated answers",
      [
        FaultProxy.Rule("lost", share: 0.05), FaultProxy.Rule("reset", share: 0.05),
        FaultProxy.Rule("truncate", share: 0.05),
      ]
    ),
    (
      "slow bodies and wrong checksums",
      [FaultProxy.Rule("crc", share: 0.2), FaultProxy.Rule("slow", share: 0.3)]
    ),
    ("a clock one hour off", [FaultProxy.Rule("skew")]),
    (
      "everything at once",
      ["throttle", "unprocessed", "broken", "broken-after", "lost", "truncate", "crc", "slow"].map {
        FaultProxy.Rule($0, share: 0.04)
      }
    ),
  ]

  @Test("nothing is lost through what passes by itself", arguments: weather.indices)
  func passes(index: Int) async throws {
    let (name, rules) = Self.weather[index]
    let copy = try Copy("weather\(index)")
    let (run, counts) = try await FaultProxy.run(before: copy.server.url, seed: 7, rules) { proxy in
      (try copy.run(through: proxy), try proxy.counts())
    }
    #expect(run.code == 0, "\(name): \(run.all)")
    #expect(try copy.isAlike(), "\(name)")
    #expect(!counts.isEmpty, "no fault of '\(name)' was applied")
  }

  @Test("one call that is denied stops it with the right and the resource; granted, it goes on")
  func denied() async throws {
    let copy = try Copy("denied")
    let rule = FaultProxy.Rule("denied", match: "BatchWriteItem")
    let run = try await FaultProxy.run(before: copy.server.url, [rule]) { proxy in
      try copy.run(through: proxy)
    }
    #expect(run.code != 0)
    #expect(run.all.contains("not authorized") || run.all.lowercased().contains("denied"))
    #expect(run.all.contains(copy.target), "\(run.all)")
    let retry = try copy.stage.run(["retry", "copy-tables"])
    #expect(retry.code == 0, "\(retry.all)")
    #expect(try copy.isAlike())
  }

  @Test("fixed credentials that expire in the middle stop it; with new ones it goes on")
  func expired() async throws {
    let copy = try Copy("expired")
    let rule = FaultProxy.Rule("expired", skip: 30)
    let run = try await FaultProxy.run(before: copy.server.url, [rule]) { proxy in
      try copy.run(through: proxy)
    }
    #expect(run.code != 0)
    #expect(run.all.lowercased().contains("expired"), "\(run.all)")
    let status = try copy.stage.run(["status", "--json"])
    let stopped = try JSONValue(reading: Array(status.text.utf8))["steps"]?.elements?
      .first { $0["state"]?.string == "stopped" }?["id"]?.string
    let retry = try copy.stage.run(["retry", try #require(stopped, "\(status.all)")])
    #expect(retry.code == 0, "\(retry.all)")
    #expect(try copy.isAlike())
  }

  @Test("users whose requests break off in the middle all come over, and each is told")
  func users() async throws {
    let server = try MotoServer.shared()
    let stage = try AWSStage(server)
    let pools = try server.python(Self.pools).split(separator: " ").map(String.init)
    try stage.cutover.write(
      "users.json5",
      """
      { playbook: 1, environment: "fault-users", colors: { blue: {}, green: {} }, steps: [
        { id: "copy-users", uses: "users.copy", attempts: 12, backOff: "10ms",
          with: { from: "cognito://us-east-1/\(pools[0])", to: "cognito://us-east-1/\(pools[1])",
            groups: "create", passwords: "reset" } } ] }
      """)
    let rules =
      ["broken", "broken-after", "lost"].flatMap { fault in
        ["AdminResetUserPassword", "AdminCreateUser", "AdminSetUserPassword"].map {
          FaultProxy.Rule(fault, match: $0, limit: 1)
        }
      } + [FaultProxy.Rule("throttle", share: 0.1)]
    let (run, counts) = try await FaultProxy.run(before: server.url, seed: 7, rules) { proxy in
      (
        try stage.run(
          ["run", "users.json5", "--live", "blue", "--yes", "--no-wait"], endpoint: proxy.url),
        try proxy.counts()
      )
    }
    #expect(run.code == 0, "\(run.all)")
    #expect(!counts.isEmpty)
    let states = try server.python(Self.states, [pools[1]])
    #expect(
      states == "{'told RESET_REQUIRED staff': 6, 'mute CONFIRMED staff': 1}\n", "\(run.all)")
  }

  private static let pools = """
    c = client("cognito-idp")
    a, b = (c.create_user_pool(PoolName="f")["UserPool"]["Id"] for _ in range(2))
    c.create_group(UserPoolId=a, GroupName="staff")
    for n in range(7):
      name, verified = ("told" if n else "mute") + str(n), "true" if n else "false"
      c.admin_create_user(UserPoolId=a, Username=name, MessageAction="SUPPRESS", UserAttributes=[
        {"Name": "email", "Value": name + "@x.test"},
        {"Name": "email_verified", "Value": verified}])
      c.admin_add_user_to_group(UserPoolId=a, Username=name, GroupName="staff")
    print(a, b, end="")
    """

  private static let states = """
    c, found = client("cognito-idp"), {}
    for u in sorted(c.list_users(UserPoolId=sys.argv[1])["Users"], key=lambda u: -ord(
        u["Username"][0])):
      groups = c.admin_list_groups_for_user(
        UserPoolId=sys.argv[1], Username=u["Username"])["Groups"]
      line = " ".join([u["Username"][:4], u["UserStatus"], *(g["GroupName"] for g in groups)])
      found[line] = found.get(line, 0) + 1
    print(found)
    """

  /// A table of 300 items and a bucket of 20 objects of its own, copied by `migrate vams`.
  private struct Copy {
    let server: MotoServer
    let stage: AWSStage
    let name: String
    var target: String { "\(name)-to" }

    init(_ name: String) throws {
      server = try MotoServer.shared()
      stage = try AWSStage(server)
      self.name = "fault-\(name)"
      _ = try server.python(Self.making, [self.name])
      try stage.cutover.write(
        "schema.json",
        """
        { "regionFrom": "us-east-1", "regionTo": "us-east-1",
          "VAMS_S3Bucket_Mapping": [
            {"buckets": {"from": "\(self.name)-from", "to": "\(self.name)-to"}}],
          "VAMS_DynamoDBTable_Mapping": [
            {"tables": {"from": "\(self.name)-from", "to": "\(self.name)-to"}}] }
        """)
    }

    func run(through proxy: FaultProxy) throws -> Binary.Output {
      try stage.run(["migrate", "vams", "schema.json", "--yes"], endpoint: proxy.url)
    }

    func isAlike() throws -> Bool {
      try server.python(Self.comparing, [name]) == "alike 300 20\n"
    }

    private static let making = """
      name = sys.argv[1]
      for side in ("from", "to"):
        client("dynamodb").create_table(
          TableName=f"{name}-{side}", BillingMode="PAY_PER_REQUEST",
          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        client("s3").create_bucket(Bucket=f"{name}-{side}")
      with boto3.resource("dynamodb").Table(f"{name}-from").batch_writer() as batch:
        for n in range(300): batch.put_item({"id": f"é{n}", "n": n, "text": "x" * (n % 99)})
      for n in range(20):
        client("s3").put_object(Bucket=f"{name}-from", Key=f"a b/{n}é", Body=b"x" * n * 999)
      """

    private static let comparing = """
      name = sys.argv[1]
      def table(side):
        pages = client("dynamodb").get_paginator("scan").paginate(TableName=f"{name}-{side}")
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}
      def bucket(side):
        listed = client("s3").list_objects_v2(Bucket=f"{name}-{side}").get("Contents", [])
        return {o["Key"]: client("s3").get_object(
          Bucket=f"{name}-{side}", Key=o["Key"])["Body"].read() for o in listed}
      tables, buckets = [table("from"), table("to")], [bucket("from"), bucket("to")]
      alike = tables[0] == tables[1] and buckets[0] == buckets[1]
      print("alike" if alike else "different", len(tables[1]), len(buckets[1]))
      """
  }
}
