import Foundation
import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("User pools", .waiting)
struct CognitoPoolTests {
  private let stage: PoolStage

  init() throws { stage = try PoolStage() }

  @Test("a user pool keeps the laws of user directories")
  func laws() async throws {
    let pool = try stage.makePool(
      """
      {"Schema": [{"Name": "note", "AttributeDataType": "String", "Mutable": true}],
       "UsernameConfiguration": {"CaseSensitive": true}}
      """)
    let stage = stage
    try await UserDirectoryLaws(
      isMissing: false, names: ["ada", "Ada", "ä", "a\u{308}", "bob@example.org", "z\"quote", "中"],
      note: "custom:note", groups: ["admin", "b-c"], carriesHashes: false
    ) { try stage.open(pool) }.check()
  }

  @Test("a pool that is not there is told from one that cannot be read, and never made")
  func missing() async throws {
    let pool = try stage.open("us-east-1_nowhere00")
    #expect(try await pool.description() == nil)
    let failure = try #require(await #expect(throws: Failure.self) { try await pool.create() })
    #expect(failure.kind == .refused && failure.hint.contains("stack"))
    await #expect(throws: Failure.self) { try await pool.user(named: "ada") }
    await #expect(throws: Failure.self) { try await pool.page(after: nil, limit: 10) }
  }

  @Test("130 users of all kinds are read and admitted elsewhere, and boto3 sees the same")
  func fullPool() async throws {
    let (from, to) = (try stage.makeFullPool(), try stage.makeFullPool())
    let target = try stage.open(to)
    let description = try #require(try await target.description())
    #expect(description.attributes?.contains("custom:custom:groups") == true)
    #expect(description.attributes?.contains("sub") == false)
    #expect(description.factors == [.sms, .totp])
    let expected = try stage.users(from)
    var users: [User] = []
    var position: PagePosition?
    repeat {
      let page = try await stage.open(from).page(after: position, limit: 100)
      users += page.elements
      position = page.next
    } while position != nil
    #expect(users.count == 130 && Set(users.compactMap(\.id)).count == 130)
    #expect(users[0].factors == SecondFactors([.sms], preferred: .sms))

    try await target.remove(users.map(\.name))
    #expect(try stage.users(to).members?.isEmpty == true)
    let answers = try await target.admit(users, with: .forgotten)
    #expect(answers.allSatisfy { $0.outcome == .added && $0.id != nil })
    var found = try stage.users(to)
    for name in found.members?.map(\.name) ?? [] {
      #expect(found[name]?["status"]?.string == "CONFIRMED")
      found[name]?["status"] = "FORCE_CHANGE_PASSWORD"
    }
    #expect(found == expected)
    #expect(Set(answers.compactMap(\.id)).isDisjoint(with: users.compactMap(\.id)))
  }

  @Test("every way to a first password leaves the user in the state that it promises")
  func passwords() async throws {
    let id = try stage.makePool()
    let pool = try stage.open(id)
    func user(_ name: String, _ verified: String = "true") -> User {
      User(name: name, attributes: ["email": "\(name)@x.test", "email_verified": verified])
    }
    let text = "Temporary-1-Password"
    var answers = try await pool.admit([user("forgotten")], with: .forgotten)
    answers += try await pool.admit([user("reset"), user("unverified", "false")], with: .reset)
    answers += try await pool.admit([user("invited"), User(name: "mute")], with: .invitation)
    answers += try await pool.admit([user("given")], with: .temporary { _ in text })
    let outcomes = answers.map(\.outcome)
    #expect([0, 1, 3, 5].allSatisfy { outcomes[$0] == .added })
    #expect(outcomes[2] == .addedWithout("a reset of the password: there is no verified address"))
    #expect(outcomes[4] == .addedWithout("an invitation: there is no address"))
    let found = try stage.users(id)
    let states = (found.members ?? []).map { "\($0.name) \($0.value["status"]?.string ?? "")" }
    #expect(
      states.sorted() == [
        "forgotten CONFIRMED", "given FORCE_CHANGE_PASSWORD", "invited FORCE_CHANGE_PASSWORD",
        "mute FORCE_CHANGE_PASSWORD", "reset RESET_REQUIRED", "unverified CONFIRMED",
      ])
    #expect(try signIn(id, "given", text) == "NEW_PASSWORD_REQUIRED")
  }

  @Test("a reset that was cut off between its two requests is finished, and once only")
  func cutOffReset() async throws {
    let id = try stage.makePool()
    let pool = try stage.open(id)
    let users = [("told", "true"), ("mute", "false")].map { name, verified in
      User(name: name, attributes: ["email": "\(name)@x.test", "email_verified": verified])
    }
    func states() throws -> [String] {
      (try stage.users(id).members ?? []).map {
        "\($0.name) \($0.value["status"]?.string ?? "")"
      }.sorted()
    }
    // A password that nobody knows was set, and the process died.
    _ = try await pool.admit(users, with: .forgotten)
    #expect(try states() == ["mute CONFIRMED", "told CONFIRMED"])
    let without = UserAddition.addedWithout(
      "a reset of the password: there is no verified address")
    #expect(
      try await pool.finish(users, with: .reset).map(\.outcome) == [.added, without])
    #expect(try states() == ["mute CONFIRMED", "told RESET_REQUIRED"])
    #expect(
      try await pool.finish(users, with: .reset).map(\.outcome) == [.alike, without])
    #expect(try await pool.finish(users, with: .forgotten).map(\.outcome) == [.alike, .alike])
  }

  private func signIn(_ pool: String, _ name: String, _ password: String) throws -> String {
    try stage.server.python(
      """
      c = client("cognito-idp")
      app = c.create_user_pool_client(UserPoolId=sys.argv[1], ClientName="t",
          ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])["UserPoolClient"]["ClientId"]
      print(c.admin_initiate_auth(UserPoolId=sys.argv[1], ClientId=app,
          AuthFlow="ADMIN_USER_PASSWORD_AUTH",
          AuthParameters={"USERNAME": sys.argv[2], "PASSWORD": sys.argv[3]}
          )["ChallengeName"], end="")
      """, [pool, name, password])
  }

  @Test("where addresses are the names, users are known by them and have an id beside")
  func addresses() async throws {
    let id = try stage.makePool(#"{"UsernameAttributes": ["email"]}"#)
    let pool = try stage.open(id)
    #expect(try await pool.description()?.nameAttributes == ["email"])
    let user = User(name: "ada@x.test", attributes: ["email": "ada@x.test"])
    let answer = try await pool.admit([user], with: .forgotten)[0]
    #expect(answer.outcome == .added)
    let listed = try await pool.page(after: nil, limit: 5).elements
    #expect(listed.map(\.name) == ["ada@x.test"] && listed.map(\.id) == [answer.id])
    #expect(try await pool.user(named: "ada@x.test")?.id == answer.id)
    #expect(try stage.users(id).members?.map(\.name) == [try #require(answer.id)])
    #expect(try await pool.add([user]) == [.alike])
    try await pool.remove(["ada@x.test"])
    #expect(try stage.users(id).members?.isEmpty == true)
  }
}
