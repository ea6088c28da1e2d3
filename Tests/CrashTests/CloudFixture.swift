import Foundation
import Harness

/// A tiny system on a server that emulates AWS, with a playbook that takes it to the other colour.
///
/// A stack with a table and a bucket, a user pool, and a name in a zone; each world has names of
/// its own on the same server. A helper with boto3 seeds worlds and reads them back, since starting one
/// for each of many rounds would take longer than the rounds.
struct CloudFixture: Sendable {
  let moto: MotoServer
  let helper: ScriptedServer
  /// What takes the place of the server for CloudFormation, if anything does.
  var stacksURL: String?

  /// Runs the body with a helper on the server that all suites share.
  static func run<Answer>(_ body: (CloudFixture) async throws -> Answer) async throws -> Answer {
    let moto = try MotoServer.shared()
    let settings = moto.environment.map { "os.environ['\($0.key)'] = '\($0.value)'\n" }.joined()
    return try await ScriptedServer.run(settings + script) { helper in
      try await body(CloudFixture(moto: moto, helper: helper))
    }
  }

  func course(_ direction: CrashCourse.Direction) -> CrashCourse {
    CrashCourse(
      direction: direction, make: { try world(holds: $0) },
      look: { try EndState(of: $0, on: try ask("state", name(of: $0))) })
  }

  /// A seeded world; its name stands in its folder, for whoever reads it back.
  func world(holds: Bool) throws -> CrashWorld {
    let name = "crash\(UInt32.random(in: .min ... .max))"
    let answer = try ask("seed", name).split(separator: " ").map(String.init)
    guard answer.count == 3 else { throw CrashComplaint("the helper said \(answer)") }
    var environment = moto.environment
    environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    if let stacksURL { environment["AWS_ENDPOINT_URL_CLOUDFORMATION"] = stacksURL }
    let world = try CrashWorld(
      playbook: Self.playbook(name, zone: answer[0], pools: (answer[1], answer[2]), holds: holds),
      settings: [], environment: environment)
    try name.write(toFile: "\(world.root)/name", atomically: false, encoding: .utf8)
    try Self.template.write(
      toFile: "\(world.root)/template.json", atomically: false, encoding: .utf8)
    return world
  }

  func name(of world: CrashWorld) throws -> String {
    try String(contentsOfFile: "\(world.root)/name", encoding: .utf8)
  }

  func ask(_ what: String, _ world: String) throws -> String {
    let output = try Tool.run(
      ["curl", "--silent", "--show-error", "--fail-with-body", "\(helper.base)/\(what)/\(world)"])
    guard output.status == 0 else { throw CrashComplaint("\(what): \(output.text)") }
    return output.text
  }

  private static let template = """
    { "Resources": {
      "Items1A2B3C4D": { "Type": "AWS::DynamoDB::Table", "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }] } },
      "Files1A2B3C4D": { "Type": "AWS::S3::Bucket" } } }
    """

  private static func playbook(
    _ name: String, zone: String, pools: (blue: String, green: String), holds: Bool
  ) -> String {
    let gate =
      #"{ id: "hold", uses: "gate.approval", with: { role: "release", prompt: "Go?" } },"#
    let dns = #"zone: "route53://\#(zone)", name: "www.\#(name).test.""#
    let stack = "cloudformation://us-east-1/\(name)"
    let find = #"find: { items: "Items", files: "Files" }"#
    return """
      {
        playbook: 1, environment: "crash", parameters: {},
        colors: {
          blue: { name: "blue", host: "blue.\(name).test.", users: "\(pools.blue)" },
          green: { name: "green", host: "green.\(name).test.", users: "\(pools.green)" },
        },
        live: { \(dns), value: "${color.host}", stack: "\(stack)-${color.name}" },
        steps: [
          { id: "names-a", uses: "stack.lookup", with: {
            stack: "\(stack)-${from.name}", \(find) } },
          { id: "deploy-b", uses: "stack.deploy", with: {
            stack: "\(stack)-${to.name}", template: "${steps.where.outputs.template}", \(find) },
            after: ["names-a", "where"] },
          { id: "where", uses: "command.run", after: [], with: { changes: false, outputs: "lines",
            apply: { argv: ["/bin/sh", "-c", "echo template=$PWD/template.json"] } } },
          { id: "redirect-dns", uses: "dns.point", after: ["deploy-b"], with: {
            \(dns), cname: "notice.\(name).test.", ttl: 1 } },
          { id: "copy-tables", uses: "tables.copy", after: ["redirect-dns"], with: { batch: 5,
            from: "dynamodb://us-east-1/${steps.names-a.outputs.items}",
            to: "dynamodb://us-east-1/${steps.deploy-b.outputs.items}" } },
          { id: "sync-buckets", uses: "buckets.sync", after: ["redirect-dns"], with: {
            from: "s3://${steps.names-a.outputs.files}?region=us-east-1",
            to: "s3://${steps.deploy-b.outputs.files}?region=us-east-1" } },
          { id: "copy-users", uses: "users.copy", after: ["redirect-dns"], with: {
            from: "cognito://us-east-1/${from.users}", to: "cognito://us-east-1/${to.users}",
            passwords: "leave" } },
          { id: "validate", uses: "validate",
            after: ["copy-tables", "sync-buckets", "copy-users"], with: { checks: [
              { title: "balance", ledgers: true },
              { title: "healthy", stack: "\(stack)-${to.name}" } ] } },
          { id: "switch-dns", uses: "dns.point", promotes: true, with: {
            \(dns), cname: "${to.host}", ttl: 1 } },
          \(holds ? gate : "")
          { id: "destroy-a", uses: "stack.destroy", with: {
            stack: "\(stack)-${from.name}", name: "\(name)-${from.name}", emptyBuckets: ["Files"],
            requires: { waive: ["bake", "approval"], reason: "nobody lives here" } } },
        ],
      }
      """
  }

  /// Seeds a world, and tells what it holds in words that are the same for every world.
  private static let script = #"""
    import boto3, traceback
    cloud, dynamo, s3, users, dns = (boto3.client(name) for name in (
        "cloudformation", "dynamodb", "s3", "cognito-idp", "route53"))
    network = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]

    def physical(stack):
        found = cloud.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        return {entry["LogicalResourceId"][:5]: entry["PhysicalResourceId"] for entry in found}

    def seed(world):
        template = json.dumps({"Resources": {
            "Items1A2B3C4D": {"Type": "AWS::DynamoDB::Table", "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
            "Files1A2B3C4D": {"Type": "AWS::S3::Bucket"}}})
        cloud.create_stack(StackName=f"{world}-blue", TemplateBody=template)
        names = physical(f"{world}-blue")
        for n in range(12):
            dynamo.put_item(TableName=names["Items"], Item={
                "id": {"S": f"é{n}"}, "n": {"N": str(n)}, "of": {"SS": ["a", f"b{n}"]}})
        for n in range(4):
            s3.put_object(
                Bucket=names["Files"], Key=f"a b/{n}é", Body=b"x" * n, Metadata={"n": str(n)})
        pools = [users.create_user_pool(PoolName=f"{world}-{c}")["UserPool"]["Id"]
                 for c in ("blue", "green")]
        for n in range(3):
            users.admin_create_user(
                UserPoolId=pools[0], Username=f"user{n}", MessageAction="SUPPRESS",
                UserAttributes=[{"Name": "email", "Value": f"user{n}@example.test"}])
        users.admin_disable_user(UserPoolId=pools[0], Username="user2")
        zone = dns.create_hosted_zone(
            Name=f"{world}.test.", CallerReference=world, HostedZoneConfig={"PrivateZone": True},
            VPC={"VPCRegion": "us-east-1", "VPCId": network})["HostedZone"]["Id"]
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{
            "Action": "UPSERT", "ResourceRecordSet": {
                "Name": f"www.{world}.test.", "Type": "CNAME", "TTL": 0,
                "ResourceRecords": [{"Value": f"blue.{world}.test."}]}}]})
        shared[world] = (zone, pools)
        return " ".join([zone.rsplit("/", 1)[1], *pools])

    def content(stack):
        try:
            names = physical(stack)
        except cloud.exceptions.ClientError:
            return "gone"
        rows = dynamo.scan(TableName=names["Items"])["Items"]
        for row in rows:
            row["of"]["SS"].sort()
        objects = {}
        for entry in s3.list_objects_v2(Bucket=names["Files"]).get("Contents", []):
            got = s3.get_object(Bucket=names["Files"], Key=entry["Key"])
            objects[entry["Key"]] = [got["Body"].read().decode(), got["Metadata"]]
        return [sorted(rows, key=lambda row: row["id"]["S"]), objects]

    def state(world):
        zone, pools = shared[world]
        people = [
            sorted([u["Username"], u["Enabled"],
                    sorted((a["Name"], a["Value"]) for a in u["Attributes"] if a["Name"] != "sub")]
                   for u in users.list_users(UserPoolId=pool)["Users"]) for pool in pools]
        sets = dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        records = [[s["Name"], s["TTL"], [r["Value"] for r in s["ResourceRecords"]]]
                   for s in sets if s["Type"] == "CNAME"]
        pages = dynamo.get_paginator("list_tables").paginate()
        owned = [name for page in pages for name in page["TableNames"] if name.startswith(world)]
        buckets = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith(world)]
        found = {
            "blue": content(f"{world}-blue"), "green": content(f"{world}-green"), "users": people,
            "records": records, "tables": len(owned), "buckets": len(buckets)}
        return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False).replace(world, "W")

    def handle(self, path, query):
        what, world = path.strip("/").split("/")
        try:
            # boto3's clients may be shared by threads.
            self.answer(200, body={"seed": seed, "state": state}[what](world))
        except Exception:
            self.answer(500, body=traceback.format_exc())

    """#
}
