import Harness
import JSON
import Testing

/// What is found before anything is changed: each rollout stops with its reason, and nothing moved.
@Suite("The EF-CMS playbook, where something is wrong", .waiting)
struct EFCMSRefusalTests {
  /// One environment for all, since to seed one takes longer than most of them.
  @Test("it stops before it changes anything, goes back from where it stopped, and begins again")
  func stops() async throws {
    try await EFCMSStage.run { stage in
      let before = try stage.seen()
      try values(stage)
      try await unreadable(stage)
      #expect(try stage.seen() == before)
      try deadLetter(stage)
      try leftovers(stage, before)
      try cleared(stage, before)
      try forced(stage)
      try reindexed(stage)
      try EFCMSFailures(stage: stage, before: before).play()
    }
  }

  /// Rows 2 and the hazards of stale and mistyped values: both sides are shown, nothing is computed.
  private func values(_ stage: EFCMSStage) throws {
    try stage.python(#"store("destination-table-version", "S", "beta")"#)
    try refused(stage, at: "stored", saying: ["alpha", "beta", "destination"])
    // A switch whose clean-up failed: the source is stale, and what is live would be 'the other'.
    try stage.python(
      """
      store("source-table-version", "S", "beta")
      """)
    try refused(stage, at: "agree", saying: ["efcms-test-alpha", "efcms-test-beta"])
    try stage.python(
      """
      store("source-table-version", "S", "alpha")
      store("destination-table-version", "S", "alpha")
      store("migrate", "S", "false")
      """)
    try refused(stage, at: "stored", saying: ["migrate", "false"])
    try stage.python(
      """
      store("migrate", "BOOL", False)
      store("cutover-lock", "BOOL", True)
      """)
    try refused(stage, at: "lock", saying: ["cutover-lock"])
    try stage.python(#"store("cutover-lock", "BOOL", False)"#)
  }

  /// A question for records that is not answered is neither yes nor no.
  private func unreadable(_ stage: EFCMSStage) async throws {
    let denied = FaultProxy.Rule("denied", match: "BatchGetItem")
    try await FaultProxy.run(before: stage.server.url, [denied]) { proxy in
      try refused(stage, at: "need", saying: ["AccessDenied"], through: proxy)
      #expect(try proxy.counts()["denied"] ?? 0 > 0)
    }
  }

  private func refused(
    _ stage: EFCMSStage, at step: String, saying words: [String],
    through proxy: FaultProxy? = nil
  ) throws {
    let run = try stage.run("deploy", [EFCMSStage.pending], endpoint: proxy?.url)
    let isSeenBefore = run.all.contains("\(step) would fail")
    #expect(isSeenBefore || run.all.contains("✗ \(step):"), "\(run.all)")
    for word in words { #expect(run.all.contains(word), "\(run.all)") }
    // What a look ahead finds begins no rollout.
    if isSeenBefore { return }
    #expect(run.code == EFCMSStage.stuck, "\(run.all)")
    let back = try stage.rollBack()
    #expect(back.code == 0, "\(back.all)")
  }

  /// A message that a former run could not work off.
  private func deadLetter(_ stage: EFCMSStage) throws {
    let queue = """
      queue = client("sqs").get_queue_url(QueueName="migration_segments_dl_queue_test")["QueueUrl"]

      """
    try stage.python(queue + #"client("sqs").send_message(QueueUrl=queue, MessageBody="{}")"#)
    try refused(stage, at: "queues", saying: ["migration_segments_dl_queue_test holds 1"])
    try stage.python(queue + #"client("sqs").purge_queue(QueueUrl=queue)"#)
  }

  /// Row 1: a table of a former attempt stops the deploy; the other playbook takes it away.
  private func leftovers(_ stage: EFCMSStage, _ before: String) throws {
    try leave(stage)
    try refused(stage, at: "absent", saying: ["efcms-test-beta", "abort-migration.json5"])
    let run = try stage.run("abort-migration")
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    let ended = try stage.approve("approve-abort")
    try #require(ended.code == 0, "\(ended.all)")
    #expect(try stage.seen() == before)
  }

  private func leave(_ stage: EFCMSStage) throws {
    try stage.python(
      """
      make_table("beta")
      make_domain("beta")
      client("dynamodb").put_item(TableName=table_of("beta"), Item={
        "pk": {"S": "case|1"}, "sk": {"S": "case|1"}})
      """)
  }

  /// Row 1 again: told that it is rubbish, the deploy takes it away itself; then row 8.
  private func cleared(_ stage: EFCMSStage, _ before: String) throws {
    try leave(stage)
    let run = try stage.run("deploy", [EFCMSStage.pending, .init("clearLeftovers", true)])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    let copied = try stage.seen()
    #expect(copied.contains("tables alpha:49 beta:49"), "\(copied)")
    try lateLoss(stage)
    let back = try stage.rollBack()
    #expect(back.code == 0, "\(back.all)")
    #expect(try stage.seen() == before)
  }

  /// What the replicator gives up or loses while the switch is decided: users stay where they are.
  private func lateLoss(_ stage: EFCMSStage) throws {
    let queue = """
      queue = client("sqs").get_queue_url(QueueName="migration_failure_queue_test")["QueueUrl"]
      late = {"pk": {"S": "case|999-26"}, "sk": {"S": "case|999-26"}}

      """
    try stage.python(
      queue + """
        client("sqs").send_message(QueueUrl=queue, MessageBody="{}")
        late["lost"] = {"BOOL": True}
        client("dynamodb").put_item(TableName=table_of("alpha"), Item=late)
        """)
    let failed = try stage.approve("approve-switch")
    #expect(failed.code == EFCMSStage.stuck, "\(failed.all)")
    #expect(failed.all.contains("✗ no-late-failure:"), "\(failed.all)")
    #expect(failed.all.contains("migration_failure_queue_test holds 1"), "\(failed.all)")
    try stage.python(queue + #"client("sqs").purge_queue(QueueUrl=queue)"#)
    let lost = try stage.go(["retry", "no-late-failure", "--no-wait"])
    #expect(lost.code == EFCMSStage.stuck, "\(lost.all)")
    #expect(lost.all.contains("✗ still-counted:"), "\(lost.all)")
    #expect(lost.all.contains("efcms-test-alpha holds 50 items"), "\(lost.all)")
    #expect(lost.all.contains("of 'case'"), "\(lost.all)")
    let seen = try stage.seen()
    #expect(seen.contains("ui blue, api blue, reads efcms-test-alpha, tables alpha:50 beta:49"))
    #expect(seen.contains("indexers blue+green"), "\(seen)")
    try stage.python(
      queue + #"client("dynamodb").delete_item(TableName=table_of("alpha"), Key=late)"#)
  }

  /// Forced by a record that is gone; taken back, it is there as it was.
  private func forced(_ stage: EFCMSStage) throws {
    let record = """
      print(client("dynamodb").get_item(TableName=table_of("alpha"), Key={
        "pk": {"S": "migration"}, "sk": {"S": "migration|0002-trim-names.js"}}).get("Item"))
      """
    let before = try stage.python(record)
    let run = try stage.run("forced-migration")
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    #expect(try stage.python(record) == "None")
    #expect(try stage.rollBack().code == 0)
    #expect(try stage.python(record) == before)
  }

  private func reindexed(_ stage: EFCMSStage) throws {
    try stage.python(
      """
      search("PUT", endpoint_of("alpha"), "/efcms-case-new", {})
      search("POST", endpoint_of("alpha"), "/_aliases", {"actions": [
        {"add": {"index": "efcms-case", "alias": "cases"}}]})
      """)
    let run = try stage.run(
      "reindex-only",
      [
        .init("pairs", [["from": "efcms-case", "to": "efcms-case-new"]]),
        .init("aliases", ["cases": "efcms-case-new"]), .init("every", "1s"),
      ])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    let ended = try stage.approve("approve-end")
    try #require(ended.code == 0, "\(ended.all)")
    let found = try stage.python(
      """
      print(search("GET", endpoint_of("alpha"), "/cases/_count")["count"],
        list(search("GET", endpoint_of("alpha"), "/_alias/cases")))
      """)
    #expect(found == "8 ['efcms-case-new']")
  }
}
