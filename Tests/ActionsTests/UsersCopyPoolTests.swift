import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// `users.copy` between user pools; boto3 reads back.
@Suite("users.copy between user pools", .waiting)
struct UsersCopyPoolTests {
  private static let former = """
    {"Schema": [{"Name": "groups", "AttributeDataType": "String", "Mutable": true},
                {"Name": "shoe", "AttributeDataType": "String", "Mutable": true}],
     "UsernameConfiguration": {"CaseSensitive": true}}
    """
  private static let latter = """
    {"Schema": [{"Name": "custom:groups", "AttributeDataType": "String", "Mutable": true}],
     "UsernameConfiguration": {"CaseSensitive": true}}
    """
  private static let seed = """
    c.create_group(UserPoolId=p, GroupName="staff", RoleArn="arn:aws:iam::1:role/a", Precedence=2)
      add("admin", email="admin@a.test")
      for i in range(10):
          n = "user%02d" % i
          add(n, email=n + "@x.test", email_verified="true", custom__groups="g%d" % i,
              custom__shoe="42")
          if i % 3 == 0: c.admin_add_user_to_group(UserPoolId=p, Username=n, GroupName="staff")
          if i == 4: c.admin_disable_user(UserPoolId=p, Username=n)
    """.replacing("\n  ", with: "\n")

  private let world: PoolWorld

  init() throws { world = try PoolWorld() }

  private func pools() throws -> (from: String, to: String) {
    (
      try world.makePool(Self.former, Self.seed),
      try world.makePool(Self.latter, "add(\"admin\", email=\"admin@b.test\")")
    )
  }

  private func plan(_ input: UsersCopy.Input) async throws -> Planned<UserCopyPlan> {
    try await UsersCopy(input, in: world.site.site()).plan()
  }

  @Test("what does not fit the target's schema is refused at once, before anything is written")
  func schema() async throws {
    let (from, to) = try pools()
    let before = try world.users(to)
    let failure = try #require(
      await #expect(throws: Failure.self) {
        try await plan(world.input(from, to) { $0.passwords = .leave })
      })
    #expect(failure.kind == .refused)
    #expect(failure.summary.contains("'custom:shoe'") && failure.summary.contains("staff"))
    #expect(!failure.summary.contains("custom:groups"))
    let carried = try #require(
      await #expect(throws: Failure.self) { try await plan(world.input(from, to) { _ in }) })
    for way in ["reset", "invite", "temporary", "import", "migrate-trigger", "leave"] {
      #expect(carried.hint.contains("\"\(way)\""))
    }
    #expect(try world.users(to) == before)
  }

  @Test("users arrive by the target's schema, with groups, state, temporary passwords and new ids")
  func copies() async throws {
    let (from, to) = try pools()
    let input = try world.input(from, to) {
      $0.passwords = .temporary
      $0.attributes = ["custom:shoe": ""]
      $0.groups = .create
      $0.conflicts = .keep
    }
    let planned = try await plan(input)
    for part in [
      "custom:groups becomes custom:custom:groups", "leave the attributes custom:shoe behind",
      "create the group staff, without the role", "1 users are disabled",
      "temporary-passwords.jsonl",
    ] {
      #expect(planned.changes.contains { $0.contains(part) }, "\(part): \(planned.changes)")
    }
    let before = try world.users(to)
    let run = world.run(input)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers[0].imbalance == nil)
    #expect(verification.ledgers[0].skipped == [UserCopy.differsReason: 1])
    let expected = (0..<10).map { i in
      "user0\(i) {\"custom:custom:groups\": \"g\(i)\", \"email\": \"user0\(i)@x.test\", "
        + "\"email_verified\": \"true\"} \(i % 3 == 0 ? "staff" : "") "
        + "\(i == 4 ? "False" : "True") FORCE_CHANGE_PASSWORD"
    }
    #expect(try world.users(to) == (before + expected).sorted())

    let passwords = try #require(report.outputs["temporaryPasswords"])
    let lines = try String(contentsOfFile: passwords, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 10)
    let mode = try FileManager.default.attributesOfItem(atPath: passwords)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    let written =
      try JSONValue(encoding: plan).text + JSONValue(encoding: report).text + (run.savedText ?? "")
    for line in lines {
      let password = try JSONValue(reading: Array(line.utf8))["password"]?.string ?? ""
      #expect(password.utf8.count >= 24 && !written.contains(password))
    }
    let (old, new) = (try world.subs(from), try world.subs(to))
    let ids = try String(contentsOfFile: #require(report.outputs["userIds"]), encoding: .utf8)
      .split(separator: "\n").map { try JSONValue(reading: Array($0.utf8)) }
    #expect(ids.count == 11)
    for id in ids {
      let name = id["name"]?.string ?? ""
      #expect(id["from"]?.string == old[name] && id["to"]?.string == new[name])
    }
    try await run.undo(plan)
    #expect(try world.users(to) == before)
    #expect(!FileManager.default.fileExists(atPath: passwords))
    let groups = try world.server.python(
      "print(len(client('cognito-idp').list_groups(UserPoolId=sys.argv[1])['Groups']))", [to])
    #expect(groups.hasPrefix("0"))
  }

  @Test("a user whom a killed copy left half made is finished, one changed since is not")
  func halfMade() async throws {
    let (from, to) = try pools()
    let input = try world.input(from, to) {
      $0.passwords = .reset
      $0.attributes = ["custom:shoe": ""]
      $0.groups = .create
      $0.except = ["admin"]
      $0.conflicts = .keep
    }
    let run = world.run(input)
    let plan = try await run.plan()
    // As a process leaves it that is killed between two requests for one user.
    try FileManager.default.createDirectory(
      atPath: world.folder.file("work"), withIntermediateDirectories: true)
    try Data("\"user00\"\n\"user04\"\n\"user06\"\n".utf8)
      .write(to: URL(filePath: world.folder.file("work/added-users.jsonl")))
    _ = try world.server.python(
      """
      c, p = client("cognito-idp"), sys.argv[1]
      c.create_group(UserPoolId=p, GroupName="staff")
      for i, mail in [(0, "user00"), (4, "user04"), (6, "changed")]:
          c.admin_create_user(UserPoolId=p, Username="user%02d" % i, MessageAction="SUPPRESS",
              UserAttributes=[{"Name": "email", "Value": mail + "@x.test"},
                              {"Name": "email_verified", "Value": "true"},
                              {"Name": "custom:custom:groups", "Value": "g%d" % i}])
      c.admin_set_user_password(UserPoolId=p, Username="user04", Password="Nobody-knows-1",
          Permanent=True)
      """, [to])
    let report = try await run.apply(plan)
    let users = try world.users(to)
    #expect(users.contains { $0.hasPrefix("user00 ") && $0.hasSuffix("staff True RESET_REQUIRED") })
    #expect(users.contains { $0.hasPrefix("user04 ") && $0.hasSuffix(" False RESET_REQUIRED") })
    #expect(users.contains { $0.contains("changed@x.test") && $0.contains("FORCE_CHANGE") })
    #expect(report.ledgers[0].skipped == [UserCopy.differsReason: 1, "named in 'except'": 1])
    #expect(try await run.verify(plan, report).verdict.isPassed)
    _ = try world.server.python(
      """
      client("cognito-idp").admin_set_user_password(
          UserPoolId=sys.argv[1], Username="user00", Password="Nobody-knows-1", Permanent=False)
      """, [to])
    let verdict = try await run.verify(plan, report).verdict
    #expect("\(verdict)".contains("1 users were not told") && "\(verdict)".contains("user00"))
  }

  @Test("a migration trigger is attached with its files written, leaves settings, and is taken off")
  func trigger() async throws {
    let (from, to) = try pools()
    let function = "arn:aws:lambda:us-east-1:1:function:migrate"
    let input = try world.input(from, to) {
      $0.passwords = .migrateTrigger
      $0.attributes = ["custom:shoe": ""]
      $0.function = function
    }
    func settings() throws -> String {
      try world.server.python(
        """
        pool = client("cognito-idp").describe_user_pool(UserPoolId=sys.argv[1])["UserPool"]
        pool.pop("LastModifiedDate")
        trigger = pool.pop("LambdaConfig", {})
        print(json.dumps(trigger, sort_keys=True))
        print(json.dumps(pool, sort_keys=True, default=str))
        """, [to])
    }
    let before = try settings().split(separator: "\n")
    let run = world.run(input)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let during = try settings().split(separator: "\n")
    #expect(during[0] == "{\"UserMigration\": \"\(function)\"}")
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed && verification.ledgers[0].imbalance == nil)
    #expect(report.ledgers[0].skipped[UserCopy.laterReason] == 11)
    let folder = try #require(report.outputs["migrationFolder"])
    let compiled = try Tool.run(["python3", "-m", "py_compile", "\(folder)/lambda_function.py"])
    #expect(compiled.status == 0, "\(compiled.errorText)")
    let code = try String(contentsOfFile: "\(folder)/lambda_function.py", encoding: .utf8)
    #expect(code.contains("\"custom:groups\":\"custom:custom:groups\"") && code.contains(from))
    try await run.undo(plan)
    #expect(try settings().split(separator: "\n")[0] == before[0])
  }
}
