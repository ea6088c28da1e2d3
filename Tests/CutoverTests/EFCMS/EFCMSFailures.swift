import Harness
import JSON
import Testing

/// What goes wrong on the way: the rollout stops with its reason, is taken back or goes on.
struct EFCMSFailures {
  let stage: EFCMSStage
  /// What was live before, and must be again.
  let before: String

  func play() throws {
    try lossy()
    try halfSwitched()
    try unindexed()
    try switchedBack()
  }

  private func mark(_ key: String, _ attribute: String) throws {
    try stage.python(
      """
      client("dynamodb").update_item(TableName=table_of("alpha"),
        Key={"pk": {"S": "\(key)"}, "sk": {"S": "\(key)"}},
        UpdateExpression="SET #a = :a", ExpressionAttributeNames={"#a": "\(attribute)"},
        ExpressionAttributeValues={":a": {"BOOL": True}})
      """)
  }

  private func unmark(_ key: String, _ attribute: String) throws {
    try stage.python(
      """
      client("dynamodb").update_item(TableName=table_of("alpha"),
        Key={"pk": {"S": "\(key)"}, "sk": {"S": "\(key)"}},
        UpdateExpression="REMOVE #a", ExpressionAttributeNames={"#a": "\(attribute)"})
      """)
  }

  /// Rows 4, 6 and 7: an item that no migration takes, and one that a faulty script drops; nothing
  /// is indexed meanwhile.
  private func lossy() throws {
    try mark("case|101-26", "poison")
    try mark("case|102-26", "lost")
    let run = try stage.run("deploy", [EFCMSStage.pending])
    #expect(run.code == EFCMSStage.stuck, "\(run.all)")
    #expect(run.all.contains("✗ drain:"), "\(run.all)")
    let seen = try stage.seen()
    #expect(seen.contains("indexers blue, search alpha:38 beta:0"), "\(seen)")
    #expect(seen.contains("color blue, versions alpha>beta, migrate True"), "\(seen)")
    try unmark("case|101-26", "poison")
    try stage.python(
      """
      sqs = client("sqs")
      dead, live = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (
        "migration_segments_dl_queue_test", "migration_segments_queue_test"))
      for message in sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]:
        sqs.send_message(QueueUrl=live, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
      """)
    let rest = try stage.go(["retry", "drain", "--no-wait"])
    #expect(rest.code == EFCMSStage.stuck, "\(rest.all)")
    #expect(rest.all.contains("✗ counted:"), "\(rest.all)")
    let back = try stage.rollBack()
    #expect(back.code == 0, "\(back.all)")
    try unmark("case|102-26", "lost")
    let after = try stage.seen()
    #expect(after == before)
  }

  /// Row 25: a second API of one name leaves the API half switched; it is finished, and all is
  /// taken back after the switch.
  private func halfSwitched() throws {
    let run = try stage.run("deploy", [EFCMSStage.pending])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    try stage.python(
      #"client("apigateway", WEST).create_rest_api(name="gateway_api_public_test_green")"#)
    let half = try stage.approve("approve-switch")
    #expect(half.code == EFCMSStage.stuck, "\(half.all)")
    #expect(half.all.contains("✗ public-api-west:"), "\(half.all)")
    #expect(half.all.contains("gateway_api_public_test_green"), "\(half.all)")
    #expect(try stage.seen().contains("color blue, "))
    #expect(try stage.seen().contains("api blue/green"))
    try stage.python(
      """
      found = client("apigateway", WEST).get_rest_apis(limit=500)["items"]
      twins = [api["id"] for api in found if api["name"] == "gateway_api_public_test_green"]
      client("apigateway", WEST).delete_rest_api(restApiId=twins[-1])
      """)
    let rest = try stage.go(["retry", "public-api-west", "--no-wait"])
    try #require(rest.code == EFCMSStage.waiting, "\(rest.all)")
    let seen = try stage.seen()
    #expect(seen.contains("color green, versions alpha>beta") && seen.contains("api green"))
    let back = try stage.rollBack()
    #expect(back.code == 0, "\(back.all)")
    let after = try stage.seen()
    #expect(after == before)
  }

  /// Row 11: somebody has turned the one indexer off.
  private func unindexed() throws {
    let run = try stage.run("deploy")
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    let turn = { (isOn: String) throws -> Void in
      try stage.python(
        """
        client("lambda").update_event_source_mapping(
          UUID=mapping_of("streams_test_blue")["UUID"], Enabled=\(isOn))
        """)
    }
    try turn("False")
    let stopped = try stage.approve("approve-switch")
    #expect(stopped.code == EFCMSStage.stuck, "\(stopped.all)")
    #expect(stopped.all.contains("one-indexer"), "\(stopped.all)")
    #expect(try stage.seen().contains("ui blue, api blue"))
    try turn("True")
    #expect(try stage.rollBack().code == 0)
  }

  private func switchedBack() throws {
    let run = try stage.run("deploy", [EFCMSStage.pending, .init("cleanUp", false)])
    try #require(run.code == EFCMSStage.waiting, "\(run.all)")
    let switched = try stage.approve("approve-switch")
    try #require(switched.code == 0, "\(switched.all)")
    #expect(try stage.seen().contains("color green, versions alpha>beta, migrate True"))
    // Begun too soon: what is live is not what would be taken away.
    let soon = try stage.run("abort-migration")
    #expect(soon.code == EFCMSStage.stuck, "\(soon.all)")
    #expect(try stage.rollBack().code == 0)
    let back = try stage.run("switch-back")
    try #require(back.code == EFCMSStage.waiting, "\(back.all)")
    let ended = try stage.approve("approve-back")
    try #require(ended.code == 0, "\(ended.all)")
    #expect(try stage.seen().contains("color blue, versions alpha>beta, migrate True"))
    let abort = try stage.run("abort-migration")
    try #require(abort.code == EFCMSStage.waiting, "\(abort.all)")
    #expect(try stage.approve("approve-abort").code == 0)
    let after = try stage.seen()
    #expect(after == before.replacing("own blue", with: "own blue+green"))
  }
}
