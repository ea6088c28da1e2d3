import AWS
import Actions
import Exports
import Foundation
import Harness
import JSON
import Local
import Resources
import Rollouts
import Transforms
import Wire

/// Tables and buckets of a server that speaks as AWS, read back with boto3.
struct MotoWorld {
  let server: MotoServer
  let site: MemorySite
  let folder: String

  init(folder: String) throws {
    self.folder = folder
    let server = try MotoServer.shared()
    self.server = server
    let session = AWSSession(
      AWSSession.Settings(environment: server.environment, homeFolder: "/nonexistent"),
      clock: ManualClock(movesByItself: true)
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    let providers = LocalProviders.all + AWSProviders.all(in: session)
    site = MemorySite(folder: folder, providers: providers + ExportProviders.over(providers))
  }

  private static let common = """
    from boto3.dynamodb.types import TypeSerializer
    import base64, os
    order = lambda v: json.dumps(v, sort_keys=True)
    def typed(v):
        (kind, value), = v.items()
        if kind == "M": value = {k: typed(x) for k, x in value.items()}
        if kind == "L": value = [typed(x) for x in value]
        if kind == "B" and isinstance(value, bytes): value = base64.b64encode(value).decode()
        if kind == "BS": value = [
            base64.b64encode(x).decode() if isinstance(x, bytes) else x for x in value]
        if kind in ("SS", "NS", "BS"): value = sorted(value)
        return {kind: value}
    def form(item): return order({k: typed(v) for k, v in item.items()})
    def raw(v):
        (kind, value), = v.items()
        if kind == "M": value = {k: raw(x) for k, x in value.items()}
        if kind == "L": value = [raw(x) for x in value]
        if kind == "B": value = base64.b64decode(value)
        if kind == "BS": value = [base64.b64decode(x) for x in value]
        return {kind: value}
    def lines(path):
        return [json.loads(x) for x in open(path, "rb").read().split(b"\\n") if x]
    def scan(table):
        found = []
        for page in client("dynamodb").get_paginator("scan").paginate(TableName=table):
            found += page["Items"]
        return found

    """

  func python(_ script: String, _ arguments: [String] = []) throws -> String {
    try server.python(Self.common + script, arguments)
  }

  /// Uploads an export's tree to a bucket of its own.
  func upload(_ tree: String, to bucket: String) throws {
    _ = try python(
      """
      s3 = client("s3"); s3.create_bucket(Bucket=sys.argv[1]); top = sys.argv[2]
      for folder, _, names in os.walk(top):
          for name in names:
              path = os.path.join(folder, name)
              s3.put_object(Bucket=sys.argv[1], Key=os.path.relpath(path, top),
                            Body=open(path, "rb").read())
      """, [bucket, "\(ExportWorld.fixtures)/\(tree)"])
  }

  /// Makes a table with keys of the type S and fills it with a fixture's lines.
  func make(_ table: String, keys: [String], from fixture: String? = nil) throws {
    _ = try python(
      """
      dynamo = client("dynamodb"); keys = sys.argv[2].split(",")
      dynamo.create_table(TableName=sys.argv[1], BillingMode="PAY_PER_REQUEST",
          KeySchema=[{"AttributeName": k, "KeyType": t} for k, t in zip(keys, ["HASH", "RANGE"])],
          AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys])
      for item in lines(sys.argv[3]) if len(sys.argv) > 3 else []:
          dynamo.put_item(TableName=sys.argv[1], Item={k: raw(v) for k, v in item.items()})
      """,
      [table, keys.joined(separator: ",")]
        + (fixture.map { ["\(ExportWorld.fixtures)/\($0)"] } ?? []))
  }

  /// What a table holds beside a fixture's lines: "same", or what differs.
  func compare(_ table: String, _ fixture: String) throws -> String {
    try python(
      """
      mine = sorted(form(x) for x in scan(sys.argv[1]))
      told = sorted(form(x) for x in lines(sys.argv[2]))
      print("same" if mine == told else
          "%d and %d: %s" % (len(mine), len(told), sorted(set(mine) ^ set(told))[:3]), end="")
      """, [table, "\(ExportWorld.fixtures)/\(fixture)"])
  }

  func count(_ table: String) throws -> Int {
    Int(try python("print(len(scan(sys.argv[1])), end='')", [table])) ?? -1
  }

  /// The items that a step left out for an earlier one, beside a fixture's lines.
  func compareLosers(_ step: String, _ fixture: String) throws -> String {
    try python(
      """
      import sqlite3
      rows = sqlite3.connect(sys.argv[1]).execute("SELECT item FROM loser").fetchall()
      mine = sorted(form(json.loads(x)) for x, in rows)
      told = sorted(form(x) for x in lines(sys.argv[2]))
      print("same" if mine == told else "%d and %d" % (len(mine), len(told)), end="")
      """, ["\(folder)/\(step)/migration.db", "\(ExportWorld.fixtures)/\(fixture)"])
  }

  /// A migration into one table of the server.
  func migration(
    _ step: String, from: String, to table: String, sql: String, more: [(String, JSONValue)] = [],
    target: [(String, JSONValue)] = []
  ) throws -> StubbornRun<TablesMigrate> {
    var to = JSONValue.object([
      .init("name", "it"), .init("table", .string("dynamodb://us-east-1/\(table)")),
    ])
    for (name, value) in target { to[name] = value }
    var text = JSONValue.object([
      .init("from", .string(from)), .init("targets", .array([to])),
      .init("sql", .array([.string(sql)])), .init("batch", 20),
    ])
    for (name, value) in more { text[name] = value }
    let input = try text.decode(as: TablesMigrate.Input.self)
    return StubbornRun(pace: site.pace) { [site] in
      try TablesMigrate(input, in: site.site(transforms: SQLTransforms(), folder: step))
    }
  }
}
