import Foundation
import Harness
import JSON
import Testing

/// Small playbooks, run by roles that hold the printed policies and nothing else.
///
/// A proxy refuses what they do not grant and notes what is taken; both are judged in Python, after
/// AWS's own reference. The playbooks and what they need stand in Fixtures/rights.
@Suite("Printed policies against what is really called", .waiting)
struct RightsTests {
  /// One playbook, and what its policies may grant although it is not taken there, with the reason.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var plan: [String: String] = [:]
    var apply: [String: String] = [:]
    var testDescription: String { name }
  }

  private static let nested = "CloudFormation acts on nested stacks in the caller's name"
  private static let cases = [
    Case(
      name: "tables",
      plan: ["arn:aws:dynamodb:us-east-1:*:table/rights-like": "looked at when it is compared"],
      apply: [
        "dynamodb:BatchGetItem": "single items are read where edits are looked after",
        "dynamodb:DeleteItem": "undo asks first where others have written since",
        "dynamodb:UpdateItem": "no item is replaced by another",
      ]),
    Case(
      name: "buckets",
      plan: [
        "arn:aws:s3:::rights-back": "planned in full when the save that it reads is made",
        "arn:aws:s3:::rights-gone/*": "no bucket locks objects",
        "s3:GetObjectLegalHold": "no bucket locks objects",
        "s3:GetObjectRetention": "no bucket locks objects",
      ],
      apply: [
        "s3:AbortMultipartUpload": "no upload was cut off",
        "s3:GetObjectLegalHold": "no bucket locks objects",
        "s3:GetObjectRetention": "no bucket locks objects",
        "s3:PutBucketObjectLockConfiguration": "no bucket locks objects",
        "s3:PutObjectLegalHold": "no bucket locks objects",
        "s3:PutObjectRetention": "no bucket locks objects",
        "s3:PutBucketLogging": "the deleted bucket had none",
        "s3:PutBucketNotification": "the deleted bucket had none",
        "s3:PutReplicationConfiguration": "the deleted bucket had none",
      ]),
    Case(
      name: "names",
      apply: [
        "route53:GetChange": "the test server says INSYNC at once",
        "arn:aws:route53:::change/*": "the test server says INSYNC at once",
      ]),
    Case(
      name: "users",
      plan: ["cognito-idp:GetUserPoolMfaConfig": "asked of pools with second factors"],
      apply: [
        "cognito-idp:GetUserPoolMfaConfig": "asked of pools with second factors",
        "cognito-idp:AdminSetUserMFAPreference": "no user has a second factor",
      ]),
    Case(name: "services"),
    Case(
      name: "stacks",
      plan: [
        "arn:aws:cloudformation:us-east-1:*:stack/rights-blue-*/*": nested,
        "arn:aws:cloudformation:us-east-1:*:stack/rights-green-*/*": nested,
      ],
      apply: [
        "arn:aws:cloudformation:us-east-1:*:stack/rights-blue-*/*": nested,
        "arn:aws:cloudformation:us-east-1:*:stack/rights-green-*/*": nested,
      ]),
  ]
  /// What whoever plans asks IAM about users, and the shell of a stack that it may leave.
  private static let asking = [
    "arn:aws:iam::*:user/*": "a role is asked about here"
  ]
  private static let tolerated = ["cloudformation:DeleteStack"]

  @Test(
    "they suffice to plan, run, take back and run again, and grant little else", arguments: cases)
  func sufficient(_ example: Case) async throws {
    let play = try RightsPlay(example.name)
    let policies = try play.policies()
    try await FaultProxy.run(
      before: play.server.url, [], policies: try RightsPlay.roles(policies)
    ) { proxy in
      let planned = try play.plan(through: proxy, "--principal", RightsPlay.arn("applier"))
      #expect(planned.code == 0, "\(planned.all)")
      #expect(planned.text.contains("all are there"), "\(planned.all)")
      let alone = try play.plan(through: proxy)
      #expect(
        alone.text.contains("missing permission") || alone.text.contains("whether"), "\(alone.all)")
      #expect(!alone.text.contains("all are there"))
      try check(
        policies["plan"], try proxy.calls(), example.plan.merging(Self.asking) { $1 })
      let run = try play.cutover(play.forward, as: "applier", through: proxy)
      try #require(run.code == 2, "\(run.all)")
      let back = try play.cutover(
        ["rollback", "--reason", "practice"], as: "applier", through: proxy)
      try #require(back.code == 0, "\(back.all)")
      let again = try play.cutover(play.forward, as: "applier", through: proxy)
      try #require(again.code == 2, "\(again.all)")
      #expect(try play.cutover(["approve", "ask"], as: "applier", through: proxy).code == 0)
      let ended = try play.cutover(["resume"], as: "applier", through: proxy)
      #expect(ended.code == 0, "\(ended.all)")
      #expect(!ended.all.contains("not delivered"), "\(ended.all)")
      try check(policies["apply"], try proxy.calls(), example.apply)
    }
  }

  private func check(
    _ policy: JSONValue?, _ calls: JSONValue, _ excused: [String: String]
  ) throws {
    let judged = try FaultProxy.judge(calls, by: try #require(policy), excused: excused)
    let lacking = judged["lacking"]?.elements ?? []
    #expect(
      lacking.allSatisfy { Self.tolerated.contains($0.elements?.first?.string ?? "") },
      "\(judged.text)")
    #expect(judged["wide"]?.elements?.isEmpty == true, "\(judged.text)")
    #expect(judged["needless"]?.elements?.isEmpty == true, "\(judged.text)")
  }

  @Test(
    "with any one action taken away, the plan names it, and nothing has been changed",
    arguments: ["names", "services"])
  func oneLess(name: String) async throws {
    let play = try RightsPlay(name)
    let policies = try play.policies()
    let actions = Set(
      policies["apply"]?["Statement"]?.elements?
        .flatMap { $0["Action"]?.elements?.compactMap(\.string) ?? [] } ?? [])
    #expect(actions.count >= 4)
    try await FaultProxy.run(
      before: play.server.url, [], policies: try RightsPlay.roles(policies)
    ) { proxy in
      for action in actions.sorted() {
        try proxy.hold(try RightsPlay.roles(policies, without: action))
        let planned = try play.plan(through: proxy, "--principal", RightsPlay.arn("applier"))
        let named = planned.text.split(separator: "\n").filter {
          $0.contains("missing permission: \(action) on")
            || $0.contains("permissions: cannot tell") && $0.contains(action)
        }
        #expect(!named.isEmpty, "\(action): \(planned.all)")
      }
      let judged = try FaultProxy.judge(
        try proxy.calls(), by: try #require(policies["plan"]), excused: [:])
      #expect(judged["lacking"]?.elements?.isEmpty == true, "\(judged.text)")
    }
  }
}
