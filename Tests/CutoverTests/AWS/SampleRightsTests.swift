import Foundation
import Harness
import JSON
import Testing

/// The sample, run by three roles that hold the printed policies and nothing else.
///
/// See ``RightsTests``; here the names of tables, buckets and the pool are known only while it runs.
@Suite("The policies printed for the sample", .waiting)
struct SampleRightsTests {
  private static let waiting: Int32 = 2

  private static let later = "its step names outputs, and is planned when it is reached"
  private static let nested = "CloudFormation acts on nested stacks in the caller's name"
  private static let there = "the tables and buckets of B are there already"
  private static let locks = "no bucket locks objects"
  private static let plain = "the sample's users have neither groups nor second factors"

  private static let plan = [
    "arn:aws:iam::*:user/*": "a role is asked about here",
    "arn:aws:cognito-idp:us-east-1:*:userpool/*": later,
    "arn:aws:cloudformation:us-east-1:*:stack/vams-green-*/*": nested,
    "arn:aws:s3:::*": later,
    "arn:aws:dynamodb:us-east-1:*:table/*": later,
    "cloudformation:CreateChangeSet": later, "cloudformation:DeleteChangeSet": later,
    "cloudformation:DescribeChangeSet": later, "cloudformation:ListChangeSets": later,
    "cloudformation:GetTemplateSummary": later,
    "cloudformation:ListImports": "stack A exports nothing",
    "cognito-idp:DescribeUserPool": "the pool is no part of the stack",
    "cognito-idp:GetUserPoolMfaConfig": later, "cognito-idp:ListGroups": later,
    "cognito-idp:ListUsers": later, "dynamodb:DescribeContinuousBackups": later,
    "dynamodb:DescribeTimeToLive": later, "dynamodb:Scan": later, "s3:ListBucket": later,
    "s3:GetBucketObjectLockConfiguration": later, "s3:GetBucketOwnershipControls": later,
  ]
  private static let apply = [
    "cloudformation:ListChangeSets": "no former try has left any",
    "cloudformation:DeleteChangeSet": "no former try has left any",
    "cloudformation:ListImports": "stack A exports nothing",
    "cognito-idp:AdminAddUserToGroup": plain, "cognito-idp:AdminDisableUser": plain,
    "cognito-idp:AdminSetUserMFAPreference": plain, "cognito-idp:GetUserPoolMfaConfig": plain,
    "dynamodb:BatchGetItem": "single items are read where edits are looked after",
    "dynamodb:CreateTable": there, "dynamodb:DeleteTable": there,
    "dynamodb:UpdateContinuousBackups": there, "dynamodb:UpdateTimeToLive": there,
    "dynamodb:DeleteItem": "nobody else writes", "dynamodb:PutItem": "nobody else writes",
    "dynamodb:UpdateItem": "nobody else writes",
    "route53:GetChange": "the test server says INSYNC at once",
    "arn:aws:route53:::change/*": "the test server says INSYNC at once",
    "s3:AbortMultipartUpload": "no upload was cut off",
    "s3:ListBucketMultipartUploads": "no object is large",
    "s3:CreateBucket": there, "s3:DeleteBucket": there,
    "s3:GetObjectLegalHold": locks, "s3:GetObjectRetention": locks,
    "s3:PutBucketObjectLockConfiguration": locks, "s3:PutBucketVersioning": locks,
    "s3:PutObjectLegalHold": locks, "s3:PutObjectRetention": locks,
  ]
  private static let destroy = [
    "cloudformation:ListImports": "stack A exports nothing",
    "cognito-idp:DescribeUserPool": "the pool is no part of the stack",
  ]

  @Test("they suffice to plan, run, take back and destroy, and grant little else")
  func sufficient() async throws {
    try await MotoServer.run { server in
      let sample = try SampleStack(server, share: 1000)
      let policies = try sample.policies()
      try await FaultProxy.run(
        before: server.url, [], policies: try RightsPlay.roles(policies)
      ) { proxy in
        let planned = try sample.plan(
          "--principal", RightsPlay.arn("applier"), "--destroyer", RightsPlay.arn("destroyer"),
          as: "planner", through: proxy)
        #expect(planned.code == 0, "\(planned.all)")
        #expect(planned.text.contains("all are there"), "\(planned.all)")
        let alone = try sample.plan(as: "planner", through: proxy)
        #expect(alone.code == 65, "\(alone.all)")
        try check(policies["plan"], proxy, Self.plan)
        try run(sample, proxy)
        let back = try sample.run(
          ["rollback", "--reason", "practice"], as: "applier", through: proxy)
        try #require(back.code == 0, "\(back.all)")
        try run(sample, proxy)
        let switched = try sample.approve("approve-switch", as: "applier", through: proxy)
        try #require(switched.code == Self.waiting, "\(switched.all)")
        try check(policies["apply"], proxy, Self.apply)
        let ended = try sample.approve("approve-destroy", as: "destroyer", through: proxy)
        try #require(ended.code == 0, "\(ended.all)")
        try check(policies["destroy"], proxy, Self.destroy)
      }
    }
  }

  private func run(_ sample: SampleStack, _ proxy: FaultProxy) throws {
    let run = try sample.run(sample.forward, as: "applier", through: proxy)
    try #require(run.code == Self.waiting, "\(run.all)")
  }

  private func check(
    _ policy: JSONValue?, _ proxy: FaultProxy, _ excused: [String: String]
  ) throws {
    let judged = try FaultProxy.judge(
      try proxy.calls(), by: try #require(policy), excused: excused)
    for list in ["lacking", "wide", "needless"] {
      #expect(judged[list]?.elements?.isEmpty == true, "\(list): \(judged.text)")
    }
  }
}
