import AWS
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Wire

@testable import Actions

/// User pools on the moto server and copies between them.
struct PoolWorld {
  let server: MotoServer
  let folder: TemporaryFolder
  let site: MemorySite

  init() throws {
    server = try MotoServer.shared()
    folder = try TemporaryFolder()
    let clock = ManualClock(
      at: Int64(Date().timeIntervalSince1970 * 1000), movesByItself: true)
    let session = AWSSession(
      AWSSession.Settings(environment: server.environment, homeFolder: "/nonexistent"),
      clock: clock
    ) { HTTPClient(HTTPClient.Settings(userAgent: "t", proxies: HTTPProxies(environment: [:]))) }
    site = MemorySite(folder: folder.path, providers: AWSProviders.all(in: session))
  }

  /// Makes a pool by arguments in JSON and runs `script` on it, where `c` and `p` stand for both.
  func makePool(_ more: String, _ script: String = "") throws -> String {
    try server.python(
      """
      c = client("cognito-idp")
      p = c.create_user_pool(PoolName="t", **json.loads(sys.argv[1]))["UserPool"]["Id"]
      def add(n, **attributes):
          c.admin_create_user(UserPoolId=p, Username=n, MessageAction="SUPPRESS",
              UserAttributes=[{"Name": k.replace("__", ":"), "Value": v}
                              for k, v in attributes.items()])
      \(script)
      print(p, end="")
      """, [more])
  }

  /// Every user in a line: name, attributes, groups, state.
  func users(_ pool: String) throws -> [String] {
    try server.python(
      """
      c, p = client("cognito-idp"), sys.argv[1]
      for u in c.list_users(UserPoolId=p)["Users"]:
          g = c.admin_list_groups_for_user(UserPoolId=p, Username=u["Username"])["Groups"]
          a = {x["Name"]: x["Value"] for x in u["Attributes"] if x["Name"] != "sub"}
          print(u["Username"], json.dumps(a, sort_keys=True), ",".join(
              sorted(x["GroupName"] for x in g)), u["Enabled"], u["UserStatus"])
      """, [pool]
    ).split(separator: "\n").map(String.init).sorted()
  }

  func subs(_ pool: String) throws -> [String: String] {
    let text = try server.python(
      """
      print(json.dumps({u["Username"]: a["Value"]
          for u in client("cognito-idp").list_users(UserPoolId=sys.argv[1])["Users"]
          for a in u["Attributes"] if a["Name"] == "sub"}))
      """, [pool])
    return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
  }

  func input(
    _ from: String, _ to: String, _ change: (inout UsersCopy.Input) -> Void
  ) throws -> UsersCopy.Input {
    var input = UsersCopy.Input(
      from: try ResourceURL("cognito://us-east-1/\(from)"),
      to: try ResourceURL("cognito://us-east-1/\(to)"))
    input.batch = 4
    change(&input)
    return input
  }

  func run(_ input: UsersCopy.Input) -> StubbornRun<UsersCopy> {
    StubbornRun(pace: site.pace) { [site] in try UsersCopy(input, in: site.site()) }
  }
}
