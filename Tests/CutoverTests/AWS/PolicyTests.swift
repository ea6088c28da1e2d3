import Foundation
import Harness
import JSON
import Testing

/// Policies judged by botocore's models, and IAM's answers as a server of the test's own gives them.
@Suite("The rights that a playbook takes", .waiting)
struct PolicyTests {
  /// Looks into the models of botocore for every action, and at the form of the documents.
  private static let judge = #"""
    import botocore.session, fnmatch, json, sys
    roles = json.load(sys.stdin)
    session = botocore.session.get_session()
    # Where access control says otherwise than the API.
    renames = {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads",
      "s3:ListMultipartUploadParts", "s3:GetEncryptionConfiguration",
      "s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration",
      "s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:GetObjectVersionAcl",
      "s3:PutEncryptionConfiguration", "s3:GetLifecycleConfiguration",
      "s3:PutLifecycleConfiguration", "s3:GetReplicationConfiguration",
      "s3:PutReplicationConfiguration", "s3:GetBucketPublicAccessBlock",
      "s3:PutBucketPublicAccessBlock", "s3:GetBucketCORS", "s3:PutBucketCORS",
      "s3:GetBucketNotification", "s3:PutBucketNotification", "s3:DeleteObjectVersion",
      "lambda:InvokeFunction", "iam:PassRole"}
    known = {}
    problems = []
    sets = {}
    for role, policy in roles.items():
      assert policy["Version"] == "2012-10-17"
      pairs = []
      ids = [s["Sid"] for s in policy["Statement"]]
      if len(set(ids)) != len(ids) or not all(i.isalnum() for i in ids): problems.append("Sid")
      for s in policy["Statement"]:
        assert s["Effect"] == "Allow"
        for list in (s["Action"], s["Resource"]):
          if list != sorted(set(list)) or not list: problems.append(f"{role} {s['Sid']} unsorted")
        for action in s["Action"]:
          service, operation = action.split(":")
          if service not in known:
            known[service] = set(session.get_service_model(service).operation_names)
          if operation not in known[service] and action not in renames:
            problems.append(f"{role}: {action}")
          pairs += [(action, resource) for resource in s["Resource"]]
      if len(set(pairs)) != len(pairs): problems.append(f"{role} repeats itself")
      sets[role] = {a for a, _ in pairs}
    print(json.dumps({"problems": problems, **{r: sorted(a) for r, a in sets.items()}}))
    """#

  @Test("every action of the three policies is one that AWS has, and each is where it belongs")
  func shipped() throws {
    let binary = try Binary()
    let output = try binary("policy", "\(AWSStage.playbooks)/ab-cloudfront.json5")
    #expect(output.code == 0, "\(output.all)")
    let tool = try Tool.run(["python3", "-c", Self.judge], input: Array(output.text.utf8))
    try #require(tool.status == 0, "\(tool.errorText)\n\(output.text)")
    let judged = try JSONValue(reading: tool.bytes)
    #expect(judged["problems"]?.elements?.isEmpty == true, "\(judged.text)")
    func actions(_ role: String) -> Set<String> {
      Set(judged[role]?.elements?.compactMap(\.string) ?? [])
    }
    #expect(actions("plan").contains("dynamodb:DescribeTable"))
    #expect(actions("plan").isDisjoint(with: ["dynamodb:BatchWriteItem", "s3:PutObject"]))
    #expect(!actions("plan").contains("cloudformation:DeleteStack"))
    #expect(
      actions("apply").isSuperset(of: [
        "dynamodb:Scan", "dynamodb:BatchWriteItem", "s3:PutObject", "cognito-idp:AdminCreateUser",
        "route53:ChangeResourceRecordSets", "cloudfront:AssociateAlias",
      ]))
    #expect(!actions("apply").contains("cloudformation:DeleteStack"))
    #expect(actions("destroy").contains("cloudformation:DeleteStack"))
    #expect(!actions("destroy").contains("dynamodb:BatchWriteItem"))
    // Both directions: either stack may be the one that goes.
    for colour in ["blue", "green"] {
      #expect(output.text.contains("stack/vams-core-prod-\(colour)-us-east-1/*"))
    }
    #expect(output.errors.contains("note:"))
    #expect(output.errors.contains("programs of"))
    let one = try binary(
      "policy", "\(AWSStage.playbooks)/ab-cloudfront.json5", "--role", "destroy")
    let all = try JSONValue(parsing: output.text)
    #expect(try JSONValue(parsing: one.text) == all["destroy"])
    let both = try binary("policy", "p.json5", "--role", "destroy", "--json")
    #expect(both.code == 64 && both.text.isEmpty)
    #expect(both.errors.contains("--json writes all policies"), "\(both.all)")
  }

  private static func playbook(_ from: String, _ to: String, secret: String = "") -> String {
    """
    {
      playbook: 1, environment: "rights",
      colors: { blue: { at: "\(from)" }, green: { at: "\(to)" } },
      steps: [{ id: "call", uses: "aws.call", with: { service: "dynamodb", region: "eu-west-1",
        operation: "UpdateTable", resource: "arn:aws:dynamodb:eu-west-1:*:table/orders",
        input: { TableName: "orders" },
        undo: { operation: "TagResource", resource: "\(to)", input: { Key: "\(secret)" } } } }],
    }
    """
  }

  @Test("secrets that AWS keeps are part of the policy, and plan reads none")
  func secrets() throws {
    let binary = try Binary()
    try binary.write("p.json5", Self.playbook("a", "b", secret: "${secret:ssm:/app/key}"))
    let output = try binary("policy", "p.json5", "--json")
    let value = try JSONValue(parsing: output.text)
    #expect(value["apply"]?.text.contains("arn:aws:ssm:*:*:parameter/app/key") == true)
    #expect(value["apply"]?.text.contains("ssm:GetParameter") == true)
    #expect(try Self.actions(value["plan"]) == Self.asking)
    #expect(value["destroy"]?.isNull == true)
    #expect(value["notes"]?.text.contains("kms:Decrypt") == true)
  }

  @Test("whoever drives may publish to the topics that are told")
  func topics() throws {
    let binary = try Binary()
    let topic = "arn:aws:sns:eu-west-1:123456789012:releases"
    let text = Self.playbook("a", "b").replacing(
      "steps:", with: "notify: [{ sns: \"\(topic)\" }], steps:")
    try binary.write("p.json5", text)
    let output = try binary("policy", "p.json5", "--json")
    let value = try JSONValue(parsing: output.text)
    let statements = value["apply"]?["Statement"]?.elements ?? []
    let publishing = statements.filter { $0["Action"]?.text.contains("sns:Publish") == true }
    #expect(publishing.count == 1)
    #expect(publishing.first?["Resource"]?.text.contains(topic) == true)
    #expect(
      try Self.actions(value["plan"]) == (Self.asking + ["sns:GetTopicAttributes"]).sorted())
  }

  /// What the permission check of the plan itself takes.
  private static let asking = [
    "iam:GetRole", "iam:SimulatePrincipalPolicy", "sts:GetCallerIdentity",
  ]

  private static func actions(_ policy: JSONValue?) throws -> [String] {
    let statements = try #require(policy?["Statement"]?.elements)
    return Set(statements.flatMap { $0["Action"]?.elements?.compactMap(\.string) ?? [] }).sorted()
  }

  /// A server that is STS and IAM; `mode` says how it answers the simulation.
  private static func server(_ mode: String) -> String {
    #"""
    def handle(self, path, query):
        form = dict(urllib.parse.parse_qsl(self.body().decode()))
        action = form.get("Action", "")
        mode = "\#(mode)"
        xml = [("Content-Type", "text/xml")]
        if action == "GetCallerIdentity":
            who = "root" if mode == "root" else "assumed-role/deployer/session"
            service = "iam" if mode == "root" else "sts"
            self.answer(200, xml, "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                f"<Arn>arn:aws:{service}::123456789012:{who}</Arn><Account>123456789012</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>")
        elif action == "GetRole":
            self.answer(200, xml, "<GetRoleResponse><GetRoleResult><Role>"
                "<Arn>arn:aws:iam::123456789012:role/teams/deployer</Arn></Role>"
                "</GetRoleResult></GetRoleResponse>")
        elif action != "SimulatePrincipalPolicy" or mode == "unknown":
            self.answer(501, xml, "<ErrorResponse><Error><Code>NotImplemented</Code>"
                "<Message>no such call</Message></Error></ErrorResponse>")
        elif mode == "refused" or form["PolicySourceArn"] != \
                "arn:aws:iam::123456789012:role/teams/deployer":
            self.answer(403, xml, "<ErrorResponse><Error><Code>AccessDenied</Code>"
                "<Message>not you</Message></Error></ErrorResponse>")
        else:
            results = ""
            for name, action in sorted(form.items()):
                if not name.startswith("ActionNames.member."): continue
                no = action == "dynamodb:UpdateTable" and mode == "deny"
                no = no or "*" in form["ResourceArns.member.1"]
                results += (f"<member><EvalActionName>{action}</EvalActionName><EvalDecision>"
                    f"{'implicitDeny' if no else 'allowed'}</EvalDecision></member>")
            self.answer(200, xml, "<SimulatePrincipalPolicyResponse>"
                "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
                f"<EvaluationResults>{results}</EvaluationResults>"
                "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>")
    """#
  }

  private func plan(
    _ mode: String, tag: String = "arn:aws:dynamodb:eu-west-1:*:table/orders",
    words: [String] = []
  ) async throws -> Binary.Output {
    try await ScriptedServer.run(Self.server(mode)) { server in
      let binary = try Binary()
      try binary.write("p.json5", Self.playbook("a", tag))
      return try binary.run(
        ["plan", "p.json5", "--live", "blue"] + words,
        environment: [
          "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
          "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/dev/null",
          "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ])
    }
  }

  @Test("a right that IAM denies is a problem of the plan, with action, resource and step")
  func denied() async throws {
    let output = try await plan("deny")
    #expect(output.code == 65, "\(output.all)")
    #expect(
      output.text.contains(
        "missing permission: dynamodb:UpdateTable on "
          + "arn:aws:dynamodb:eu-west-1:123456789012:table/orders for call"), "\(output.all)")
    #expect(!output.text.contains("missing permission: dynamodb:TagResource"))
    let json = try JSONValue(parsing: try await plan("deny", words: ["--json"]).text)
    #expect(json["permissions"]?["missing"]?.elements?.count == 1)
    #expect(json["permissions"]?["granted"]?.integer == 1)
    let without = try await plan("deny", words: ["--no-permissions"])
    #expect(without.code == 0)
    #expect(!without.text.contains("ermission"))
  }

  @Test("a plan whose rights are all there says so")
  func granted() async throws {
    let output = try await plan("allow")
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains("2 rights asked of IAM, all are there"))
  }

  @Test(
    "what IAM does not tell is neither a yes nor a no",
    arguments: [
      ("refused", "iam:SimulatePrincipalPolicy is not allowed here"),
      ("unknown", "cannot tell"), ("root", "IAM does not simulate"),
    ])
  func untold(mode: String, text: String) async throws {
    let output = try await plan(mode)
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains("cannot tell for the standard credentials"), "\(output.all)")
    #expect(output.text.contains(text), "\(output.all)")
    #expect(!output.text.contains("all are there"))
  }

  @Test("a no for a name that is not wholly known is not believed")
  func wildcard() async throws {
    let output = try await plan("allow", tag: "arn:aws:dynamodb:eu-west-1:*:table/*")
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains("may dynamodb:TagResource on"), "\(output.all)")
    #expect(!output.text.contains("missing permission"))
  }
}
