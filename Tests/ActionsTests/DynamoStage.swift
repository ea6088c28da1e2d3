import AWS
import Actions
import Harness
import JSON
import Local
import Resources
import Rollouts
import Wire

/// A site whose tables are those of a server that speaks as DynamoDB.
struct DynamoStage {
  let site: MemorySite

  init(_ environment: [String: String], folder: String) {
    let session = AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"),
      clock: ManualClock(movesByItself: true)
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    site = MemorySite(
      folder: folder, providers: LocalProviders.all + AWSProviders.all(in: session))
  }

  /// Before a server that a test wrote.
  init(_ server: ScriptedServer, folder: String) {
    self.init(
      [
        "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true",
      ], folder: folder)
  }

  func url(_ table: String) throws -> ResourceURL {
    try ResourceURL("dynamodb://us-east-1/\(table)")
  }

  func run<A: Action>(_ make: @escaping @Sendable (Site) throws -> A) -> StubbornRun<A> {
    StubbornRun(pace: site.pace) { [site] in try make(site.site()) }
  }

  /// The calls that a scripted server was sent, operation and input.
  static func calls(_ server: ScriptedServer) throws -> [(operation: String, input: JSONValue)] {
    let text = try Tool.run(["curl", "--silent", "--fail", "\(server.base)/log"]).text
    return try JSONValue(reading: Array(text.utf8)).elements?.map {
      ($0[0]?.string ?? "", $0[1] ?? .null)
    } ?? []
  }

  /// What begins each script: calls are logged, errors are written as DynamoDB does.
  static let opening = #"""
    def error(self, code, status=400):
        self.answer(status, [], json.dumps(
            {"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": "on purpose"}))
    def handle(self, path, query):
        log = shared.setdefault("log", [])
        if path == "/log": return self.answer(200, [], json.dumps(log))
        operation = self.headers["X-Amz-Target"].split(".")[-1]
        asked = json.loads(self.body())
        with changed:
            log.append([operation, asked])
            count = sum(1 for one, _ in log if one == operation)
            reply = dynamo(self, operation, asked, count)
        if reply is not None: self.answer(200, [], json.dumps(reply))
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/"
    def table(name, **more):
        return {"Table": dict({"TableName": name, "TableArn": arn + name, "TableStatus": "ACTIVE",
            "ItemCount": 7, "TableSizeBytes": 700,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}, **more)}
    def past(isOn=True):
        recovery = {"PointInTimeRecoveryStatus": "ENABLED" if isOn else "DISABLED"}
        if isOn: recovery.update(RecoveryPeriodInDays=35,
            EarliestRestorableDateTime=1763600000.0, LatestRestorableDateTime=1763708400.5)
        return {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": recovery}}


    """#
}
