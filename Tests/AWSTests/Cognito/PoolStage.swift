import Foundation
import Harness
import JSON
import Resources

@testable import AWS

/// User pools on the moto server, made and read back with boto3.
struct PoolStage {
  let server: MotoServer

  init() throws { server = try MotoServer.shared() }

  /// Makes a pool and gives its id; `more` are further arguments of `CreateUserPool` in JSON.
  func makePool(_ more: String = "{}") throws -> String {
    try server.python(
      """
      pool = client("cognito-idp").create_user_pool(PoolName="test", **json.loads(sys.argv[1]))
      print(pool["UserPool"]["Id"], end="")
      """, [more])
  }

  func open(_ pool: String) throws -> CognitoPool {
    try CognitoPool(Self.url(pool), in: MotoSession.make(server, clock: HastyClock()), purpose: nil)
  }

  static func url(_ pool: String) throws -> ResourceURL {
    try ResourceURL("cognito://us-east-1/\(pool)?share=10000")
  }

  /// What boto3 sees of every user: attributes without `sub`, groups, and how it stands.
  func users(_ pool: String) throws -> JSONValue {
    let text = try server.python(
      """
      c = client("cognito-idp")
      found = {}
      for page in c.get_paginator("list_users").paginate(UserPoolId=sys.argv[1]):
          for u in page["Users"]:
              n = u["Username"]
              g = c.admin_list_groups_for_user(UserPoolId=sys.argv[1], Username=n)["Groups"]
              w = c.admin_get_user(UserPoolId=sys.argv[1], Username=n)
              found[n] = {
                  "attributes": {a["Name"]: a["Value"] for a in u["Attributes"]
                                 if a["Name"] != "sub"},
                  "groups": sorted(x["GroupName"] for x in g), "enabled": u["Enabled"],
                  "status": u["UserStatus"], "factors": sorted(w.get("UserMFASettingList", [])),
                  "preferred": w.get("PreferredMfaSetting", "")}
      print(json.dumps(found, sort_keys=True))
      """, [pool])
    return try JSONValue(reading: Array(text.utf8))
  }

  /// A pool as VAMS makes it, with 130 users of all kinds.
  func makeFullPool() throws -> String {
    let pool = try makePool(
      """
      {"Schema": [{"Name": "custom:groups", "AttributeDataType": "String", "Mutable": true},
                  {"Name": "fixed", "AttributeDataType": "String", "Mutable": false}],
       "AutoVerifiedAttributes": ["email"], "UsernameConfiguration": {"CaseSensitive": true}}
      """)
    _ = try server.python(
      """
      c, p = client("cognito-idp"), sys.argv[1]
      c.set_user_pool_mfa_config(
          UserPoolId=p, MfaConfiguration="OPTIONAL",
          SmsMfaConfiguration={"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::1:role/sms"}},
          SoftwareTokenMfaConfiguration={"Enabled": True})
      for g in ["admin", "staff"]: c.create_group(UserPoolId=p, GroupName=g, Precedence=3)
      for i in range(130):
          n = "user%03d" % i
          c.admin_create_user(UserPoolId=p, Username=n, MessageAction="SUPPRESS", UserAttributes=[
              {"Name": "email", "Value": n + "@x.test"},
              {"Name": "email_verified", "Value": "true"},
              {"Name": "phone_number", "Value": "+4912345%03d" % i},
              {"Name": "custom:custom:groups", "Value": "g%d" % (i % 7)},
              {"Name": "custom:fixed", "Value": "for ever"}])
          if i % 10 == 0: c.admin_disable_user(UserPoolId=p, Username=n)
          if i % 5 == 0: c.admin_add_user_to_group(UserPoolId=p, Username=n, GroupName="admin")
          if i % 25 == 0: c.admin_add_user_to_group(UserPoolId=p, Username=n, GroupName="staff")
          if i % 13 == 0: c.admin_set_user_mfa_preference(
              UserPoolId=p, Username=n, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
      """, [pool])
    return pool
  }
}
