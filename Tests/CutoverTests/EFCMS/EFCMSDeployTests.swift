import Glibc
import Harness
import JSON
import Testing

/// The court's whole process on a test server, one way and back; everything is read with boto3.
@Suite("The EF-CMS playbook on a test server", .waiting)
struct EFCMSDeployTests {
  @Test("migrating, not migrating, and migrating our own way in production: colours go round")
  func round() async throws {
    try await EFCMSStage.run { stage in
      let begun =
        "versions alpha>alpha, migrate False, pending False, ui blue, api blue, "
        + "reads efcms-test-alpha, tables alpha:49 beta:gone, indexers blue"
      #expect(try stage.seen().contains(begun))
      try migrate(stage)
      try redeploy(stage)
      try await inProduction(stage)
    }
  }

  /// Some of those that it takes, a service each: without calls there is nothing to lack.
  private static let rights: Set = [
    "apigateway:PATCH", "cloudfront:UpdateDistribution", "cloudwatch:GetMetricData",
    "cognito-idp:AdminEnableUser", "dynamodb:CreateBackup", "es:DeleteDomain",
    "lambda:UpdateEventSourceMapping", "route53:UpdateHealthCheck", "sns:Subscribe",
  ]

  /// With the rights that `cutover policy` prints, and no others.
  private func inProduction(_ stage: EFCMSStage) async throws {
    let production: [JSONValue.Member] = [
      .init("production", true), .init("force", true), .init("way", "ours"), EFCMSStage.pending,
      .init("readOnly", ["test", "-e", .string(stage.cutover.folder.file("works"))]),
    ]
    let policies = try stage.policies("deploy", production)
    try await FaultProxy.run(
      before: stage.server.url, [], policies: try RightsPlay.roles(policies)
    ) { proxy in
      try migrateInProduction(stage.asking(proxy, as: "applier"), production)
      let calls = try proxy.calls()
      let taken = Set(calls.elements?.compactMap { $0.elements?.first?.string } ?? [])
      #expect(taken.isSuperset(of: Self.rights), "\(taken.sorted())")
      let judged = try FaultProxy.judge(
        calls, by: try #require(policies["apply"]), excused: [:])
      #expect(judged["lacking"]?.elements?.isEmpty == true, "\(judged.text)")
    }
  }

  /// Blue to green, by the court's queue and functions, cleaned up by a playbook of its own.
  private func migrate(_ stage: EFCMSStage) throws {
    let run = try stage.run("deploy", [EFCMSStage.pending, .init("cleanUp", false)])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    let copied = try stage.seen()
    #expect(copied.contains("color blue, versions alpha>beta, migrate True, pending True, ui blue"))
    #expect(
      copied.contains("tables alpha:49 beta:49, indexers blue+green, search alpha:38 beta:38"))
    // Somebody works on while the switch is decided.
    try stage.python(
      """
      client("dynamodb").put_item(TableName=table_of("alpha"), Item={
        "pk": {"S": "case|900-26"}, "sk": {"S": "case|900-26"}, "entityName": {"S": "Case"}})
      """)
    let switched = try stage.approve("approve-switch")
    try #require(switched.code == 0, "\(switched.all)")
    let both = try stage.seen()
    #expect(
      both.contains("color green, versions alpha>beta, migrate True, pending False, ui green"))
    #expect(both.contains("api green, reads efcms-test-beta, tables alpha:50 beta:51"))
    #expect(both.contains("own blue+green, bounces green"))
    let ended = try cleanUp(stage)
    try #require(ended.code == 0, "\(ended.all)")
    #expect(
      try stage.seen()
        == "color green, versions beta>beta, migrate False, pending False, ui green, api green, "
        + "reads efcms-test-beta, tables alpha:gone beta:51, indexers green, "
        + "search alpha:gone beta:39, own green, bounces green, left nothing")
    #expect(try stage.data() == "9 cases, 9 with a status")
  }

  /// Nothing is deleted while the replicator is off, or while anything says that what would go is
  /// in use.
  private func cleanUp(_ stage: EFCMSStage) throws -> Binary.Output {
    let clean = try stage.run("clean-up")
    try #require(clean.code == EFCMSStage.waiting, "\(clean.all)")
    let set = { (isOn: String, version: String) throws -> Void in
      try stage.python(
        """
        client("lambda").update_event_source_mapping(
          UUID=mapping_of("migration_lambda_test")["UUID"], Enabled=\(isOn))
        set_variables(
          "cognito_post_confirmation_lambda_test", DYNAMODB_TABLE_NAME=table_of("\(version)"))
        """)
    }
    try set("False", "beta")
    let off = try stage.approve("approve-clean-up")
    #expect(off.code == EFCMSStage.stuck, "\(off.all)")
    #expect(off.all.contains("replicator-on does not hold"), "\(off.all)")
    try set("True", "alpha")
    let used = try stage.go(["retry", "last-replicated", "--no-wait"])
    #expect(used.code == EFCMSStage.stuck, "\(used.all)")
    #expect(used.all.contains("destination-is-live does not hold"), "\(used.all)")
    try stage.python(
      """
      set_variables("cognito_post_confirmation_lambda_test", DYNAMODB_TABLE_NAME=table_of("beta"))
      store("destination-table-version", "S", "alpha")
      """)
    let named = try stage.go(["retry", "drop-search", "--no-wait"])
    #expect(named.code == EFCMSStage.stuck, "\(named.all)")
    #expect(named.all.contains("two-tables does not hold"), "\(named.all)")
    try stage.python(#"store("destination-table-version", "S", "beta")"#)
    return try stage.go(["retry", "drop-table", "--no-wait"])
  }

  /// Green to blue, on one table.
  private func redeploy(_ stage: EFCMSStage) throws {
    let run = try stage.run("deploy", [EFCMSStage.pending])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    #expect(run.text.contains("left out"))
    #expect(
      try stage.seen().contains("color green, versions beta>beta, migrate False, pending True"))
    let switched = try stage.approve("approve-switch")
    try #require(switched.code == EFCMSStage.waiting, "\(switched.all)")
    let ended = try stage.approve("approve-clean-up")
    try #require(ended.code == 0, "\(ended.all)")
    #expect(
      try stage.seen()
        == "color blue, versions beta>beta, migrate False, pending False, ui blue, api blue, "
        + "reads efcms-test-beta, tables alpha:gone beta:51, indexers blue, "
        + "search alpha:gone beta:39, own blue, bounces blue, left nothing")
  }

  /// Blue to green by our own scan, with all that only production does; killed on the way.
  private func migrateInProduction(
    _ stage: EFCMSStage, _ production: [JSONValue.Member]
  ) throws {
    let killed = try stage.run(
      "deploy", production, program: .crashRunner, kill: "journal-after:70")
    #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
    let failed = try stage.go(["resume", "--no-wait"])
    #expect(failed.code == EFCMSStage.stuck && failed.all.contains("✗ read-only:"))
    // The test failed, and its user is kept out all the same; a retry lets it in again.
    #expect(failed.all.contains("✓ smoke-user-out"), "\(failed.all)")
    #expect(try user(stage) == "False")
    try stage.cutover.write("works", "")
    let run = try stage.go(["retry", "read-only", "--no-wait"])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    #expect(run.all.contains("✓ smoke-user "), "\(run.all)")
    let isIn = try user(stage)
    #expect(isIn == "False", "\(run.all)")
    let switched = try stage.approve(
      "approve-switch", program: .crashRunner, kill: "journal-after:60")
    #expect(switched.code == 128 + SIGKILL, "\(switched.all)")
    let resumed = try stage.go(["resume", "--no-wait"])
    try #require(resumed.code == EFCMSStage.waiting, "\(resumed.all)")
    let ended = try stage.approve("approve-clean-up")
    try #require(ended.code == 0, "\(ended.all)")
    #expect(
      try stage.seen()
        == "color green, versions alpha>alpha, migrate False, pending False, ui green, api green, "
        + "reads efcms-test-alpha, tables alpha:51 beta:gone, indexers green, "
        + "search alpha:39 beta:gone, own green, bounces green, left nothing")
    let backups = try stage.python(
      #"print(len(client("dynamodb").list_backups()["BackupSummaries"]))"#)
    #expect(backups == "1")
  }

  /// Whether the user of the smoke tests may sign in.
  private func user(_ stage: EFCMSStage) throws -> String {
    try stage.python(
      """
      pool = client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"][0]["Id"]
      print(client("cognito-idp").admin_get_user(
        UserPoolId=pool, Username="smoketest@example.org")["Enabled"])
      """)
  }
}
