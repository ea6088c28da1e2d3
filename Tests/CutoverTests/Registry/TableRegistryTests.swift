import Harness
import JSON
import Testing

@Suite("The registry of migrations in DynamoDB", .waiting)
struct TableRegistryTests {
  private let stage: BookStage
  private let server: MotoServer

  init() throws {
    stage = try BookStage()
    server = try MotoServer.shared()
    try stage.write("0007_shelves", sets: "shelf", to: "A")
    try stage.write("0008_sizes", sets: "size", to: "big")
  }

  private func use(_ table: String, _ layout: String) throws {
    try stage.cutover.write(
      "migrations/registry.json5",
      "{ registry: \"dynamodb://us-east-1/\(table)\", layout: \"\(layout)\" }")
  }

  /// What boto3 reads, without what differs from run to run.
  private func items(_ table: String) throws -> String {
    try server.python(
      """
      items = client("dynamodb").scan(TableName=sys.argv[1])["Items"]
      for item in items:
        for name in ("at", "executedAt", "createdAt"):
          if name in item: assert item[name]["S"].endswith("Z"), item
        for name in ("at", "by", "rollout", "digest"):
          if name in item: item[name] = {"S": str(len(item[name]["S"]) > 2)}
        for name in ("executedAt", "createdAt"):
          if name in item and item[name]["S"] > "2026-01-02": item[name] = {"S": "now"}
      items = [{k: list(v.values())[0] for k, v in item.items()} for item in items]
      for item in sorted(items, key=lambda i: json.dumps(i, sort_keys=True)):
        print(json.dumps(item, sort_keys=True))
      """, [table])
  }

  @Test("our own layout makes its table, shares it between environments, and keeps the outcome")
  func own() throws {
    try use("registry-own", "cutover")
    let environment = server.environment
    #expect(
      try stage.list(environment: environment) == ["0007_shelves pending", "0008_sizes pending"])
    #expect(
      try stage.migrations("mark", "0007", "--reason", "by hand", environment: environment).code
        == 0)
    let run = try stage.run(environment: environment)
    #expect(run.code == 0, "\(run.all)")
    #expect(stage.log == ["0008_sizes"])
    #expect(
      try items("registry-own") == """
        {"at": "True", "by": "True", "digest": "True", "environment": "shop", \
        "migration": "0007_shelves", "name": "shelves", "order": "0007", "outcome": "marked", \
        "reason": "by hand"}
        {"at": "True", "by": "True", "digest": "True", "environment": "shop", \
        "migration": "0008_sizes", "name": "sizes", "order": "0008", "outcome": "applied", \
        "rollout": "True"}

        """)
    let elsewhere = try stage.migrations("list", "-e", "other", environment: environment)
    #expect(elsewhere.text.contains("There are none yet"), "\(elsewhere.all)")
    #expect(
      try stage.list(environment: environment) == ["0007_shelves marked", "0008_sizes applied"])

    let undo = try stage.migrations("undo", "--reason", "x", "--yes", environment: environment)
    #expect(undo.code == 0, "\(undo.all)")
    #expect(try !items("registry-own").contains("0008_sizes"))
    #expect(
      try Tool.sqlite3(
        "\(stage.folder)/state/journal.db",
        "SELECT ordinal, event, registry FROM migration ORDER BY number"
      ).text == """
        0007|marked|dynamodb://us-east-1/registry-own
        0008|applied|dynamodb://us-east-1/registry-own
        0008|undone|dynamodb://us-east-1/registry-own

        """)
    #expect(try stage.cutover("journal", "verify").code == 0)
  }

  @Test("a record that somebody else wrote meanwhile is never replaced")
  func contested() throws {
    try use("registry-raced", "cutover")
    let environment = server.environment
    try stage.write(
      "0007_shelves", sets: "shelf", to: "A",
      then: "while [ ! -e \(stage.folder)/go ]; do sleep 0.02; done")
    #expect(
      try stage.migrations("mark", "0008", "--reason", "x", environment: environment).code == 0)
    let child = try stage.cutover.start(
      "migrations", "run", "--live", "blue", "--yes", "--allow", "late", environment: environment)
    #expect(child.reads("log"), "\(child.seen)\(child.errors())")
    _ = try server.python(
      """
      client("dynamodb").put_item(TableName="registry-raced", Item={k: {"S": v} for k, v in {
        "environment": "shop", "migration": "0007_shelves", "order": "0007", "name": "shelves",
        "at": "2026-01-01T00:00:00.000Z", "by": "bob", "outcome": "marked"}.items()})
      """)
    try stage.cutover.write("go", "")
    _ = child.rest()
    #expect(child.wait() == 65)
    #expect(child.errors().contains("is recorded as marked already"), "\(child.errors())")
    #expect(try items("registry-raced").contains("\"outcome\": \"marked\""))
  }

  @Test("the records of amplify-data-migration are read, and ours are as it would write them")
  func amplify() throws {
    _ = try server.python(
      """
      c = client("dynamodb")
      c.create_table(TableName="amplify-data-migration-app-main", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "action", "KeyType": "HASH"},
          {"AttributeName": "timestamp", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "action", "AttributeType": "S"},
          {"AttributeName": "timestamp", "AttributeType": "N"}])
      for action, at, more in [("run", "5", {}), ("run", "7", {}), ("export", "8", {
          "exported": {"M": {"Book": {"M": {"strategy": {"S": "PITR"}, "key": {"S": "k"}}}}}})]:
        c.put_item(TableName="amplify-data-migration-app-main", Item=dict(more, **{
          "action": {"S": action}, "timestamp": {"N": at}, "name": {"S": "theirs" + at},
          "executedAt": {"S": "2026-01-01T00:00:00.000Z"}}))
      """)
    try use("amplify-data-migration-app-main", "amplify")
    let environment = server.environment
    #expect(
      try stage.list(environment: environment) == [
        "5_theirs5 foreign", "0007_shelves applied", "0008_sizes pending",
      ])
    let run = try stage.run(environment: environment)
    #expect(run.code == 0, "\(run.all)")
    #expect(stage.log == ["0008_sizes"])
    #expect(
      try items("amplify-data-migration-app-main") == """
        {"action": "export", "executedAt": "2026-01-01T00:00:00.000Z", "exported": \
        {"Book": {"M": {"key": {"S": "k"}, "strategy": {"S": "PITR"}}}}, "name": "theirs8", \
        "timestamp": "8"}
        {"action": "run", "by": "True", "digest": "True", "executedAt": "now", "name": "sizes", \
        "outcome": "applied", "rollout": "True", "timestamp": "8"}
        {"action": "run", "executedAt": "2026-01-01T00:00:00.000Z", "name": "theirs5", \
        "timestamp": "5"}
        {"action": "run", "executedAt": "2026-01-01T00:00:00.000Z", "name": "theirs7", \
        "timestamp": "7"}

        """)
    #expect(
      try stage.list(environment: environment).last == "0008_sizes applied")
  }

  @Test("the records in the deploy table of EF-CMS are told from what else it holds")
  func efcms() throws {
    _ = try server.python(
      """
      c = client("dynamodb")
      c.create_table(TableName="efcms-deploy-test", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
          {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")])
      for key, more in [("current-color", {"current": {"S": "blue"}}), ("migrate", {}),
          ("migration|0004-first.js", {"createdAt": {"S": "2026-01-01T00:00:00.000Z"}}),
          ("migration|0007-shelves.js", {"createdAt": {"S": "2026-01-01T00:00:00.000Z"}})]:
        c.put_item(TableName="efcms-deploy-test", Item=dict(more, pk={"S": key}, sk={"S": key}))
      """)
    try use("efcms-deploy-test", "efcms")
    let environment = server.environment
    #expect(
      try stage.list(environment: environment) == [
        "0004_first foreign", "0007_shelves applied", "0008_sizes pending",
      ])
    #expect(try stage.run(environment: environment).code == 0)
    #expect(
      try items("efcms-deploy-test").contains(
        """
        {"by": "True", "createdAt": "now", "digest": "True", "outcome": "applied", \
        "pk": "migration|0008-sizes.js", "rollout": "True", "sk": "migration|0008-sizes.js"}
        """))
    let mark = try stage.migrations(
      "mark", "0007", "--pending", "--reason", "again", environment: environment)
    #expect(mark.code == 0, "\(mark.all)")
    #expect(try !items("efcms-deploy-test").contains("0007-shelves"))
    #expect(try items("efcms-deploy-test").contains("current-color"))
  }

  @Test("a table that is missing or cannot be told is refused, and nothing is run")
  func missing() throws {
    try use("efcms-deploy-missing", "efcms")
    let list = try stage.migrations("list", environment: server.environment)
    #expect(list.code == 65 && list.errors.contains("does not exist"), "\(list.all)")
    let dead = server.environment.merging(["AWS_ENDPOINT_URL": "http://127.0.0.1:1"]) { $1 }
    let run = try stage.run("--registry", "dynamodb://us-east-1/x", environment: dead)
    #expect(run.code == 65, "\(run.all)")
    #expect(stage.log == [])
  }
}
