import Foundation
import Harness
import JSON
import Testing

/// IAM and STS as the API reference describes them, answered by a server of the test's own.
@Suite("Asking IAM about rights", .waiting)
struct PermissionCheckTests {
  /// Answers by `who` calls and `how` the simulation goes; `/log` gives the simulations.
  private static func server(_ who: String, _ how: String) -> String {
    #"""
    shared["asked"] = []
    def wrap(action, inner):
        return f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"
    def result(action, how):
        word, more = "allowed", ""
        if action == "dynamodb:UpdateTable":
            word = {"explicit": "explicitDeny", "plain": "allowed", "paged": "implicitDeny",
                    "scp": "implicitDeny", "boundary": "implicitDeny",
                    "condition": "implicitDeny"}.get(how, "implicitDeny")
            if how == "scp":
                more = ("<OrganizationsDecisionDetail><AllowedByOrganizations>false"
                        "</AllowedByOrganizations></OrganizationsDecisionDetail>")
            if how == "boundary":
                more = ("<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false"
                        "</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>")
            if how == "condition":
                more = ("<MissingContextValues><member>aws:MultiFactorAuthPresent</member>"
                        "</MissingContextValues>")
        return (f"<member><EvalActionName>{action}</EvalActionName>"
                f"<EvalDecision>{word}</EvalDecision>{more}</member>")
    def handle(self, path, query):
        form = dict(urllib.parse.parse_qsl(self.body().decode()))
        if path == "/log": return self.answer(200, [], json.dumps(shared["asked"]))
        action, who, how = form["Action"], "\#(who)", "\#(how)"
        xml = [("Content-Type", "text/xml")]
        if action == "AssumeRole":
            return self.answer(200, xml, wrap(action, "<Credentials>"
                "<AccessKeyId>OTHER</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                "<SessionToken>t</SessionToken>"
                "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"))
        if action == "GetCallerIdentity":
            if "Credential=OTHER/" in self.headers["Authorization"]:
                who = "sts::123456789012:assumed-role/other/cutover"
            return self.answer(200, xml, wrap(action, f"<Arn>arn:aws:{who}</Arn>"))
        if action == "GetRole":
            if how == "roleless":
                return self.answer(403, xml, "<ErrorResponse><Error><Code>AccessDenied</Code>"
                    "<Message>no</Message></Error></ErrorResponse>")
            name = form["RoleName"]
            return self.answer(200, xml, wrap(
                action, f"<Role><Arn>arn:aws:iam::123456789012:role/teams/{name}</Arn></Role>"))
        shared["asked"].append({key: value for key, value in form.items() if key != "Version"})
        if how == "roleless":
            return self.answer(404, xml, "<ErrorResponse><Error><Code>NoSuchEntity</Code>"
                "<Message>unknown</Message></Error></ErrorResponse>")
        actions = [form[key] for key in sorted(form) if key.startswith("ActionNames.member.")]
        more = ""
        if how == "paged":
            # One on each page.
            first = int(form.get("Marker", "0"))
            more = f"<Marker>{first + 1}</Marker>" if first + 1 < len(actions) else ""
            actions = actions[first:first + 1]
        is_cut = "true" if more else "false"
        self.answer(200, xml, wrap(action, f"<IsTruncated>{is_cut}</IsTruncated>"
            f"{more}<EvaluationResults>{''.join(result(a, how) for a in actions)}"
            "</EvaluationResults>"))
    """#
  }

  private static let session = "sts::123456789012:assumed-role/deployer/me"

  private static func playbook(_ more: String = "") -> String {
    """
    {
      playbook: 1, environment: "rights",
      colors: { blue: {}, green: {} },
      steps: [{ id: "call", uses: "aws.call", with: { service: "dynamodb", region: "eu-west-1",
        operation: "UpdateTable", resource: "arn:aws:dynamodb:eu-west-1:*:table/orders",
        input: { TableName: "orders" }, \(more)
        undo: { operation: "TagResource", input: {},
          resource: "arn:aws:dynamodb:eu-west-1:*:table/orders" } } }],
    }
    """
  }

  /// The plan as JSON's part about permissions, and what IAM was asked to simulate.
  private func ask(
    _ how: String, as who: String = session, more: String = "", _ words: String...
  ) async throws -> (found: JSONValue, asked: [JSONValue], code: Int32) {
    try await ScriptedServer.run(Self.server(who, how)) { server in
      let binary = try Binary()
      try binary.write("p.json5", Self.playbook(more))
      let output = try binary.run(
        ["plan", "p.json5", "--live", "blue", "--json"] + words,
        environment: [
          "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
          "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/dev/null",
          "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ])
      let log = try Tool.run(["curl", "--silent", "--fail", "\(server.base)/log"])
      let found = try JSONValue(parsing: output.text)["permissions"]
      return (
        try #require(found, "\(output.all)"),
        try JSONValue(reading: log.bytes).elements ?? [], output.code
      )
    }
  }

  @Test("a session is asked about as its role, with the path that IAM knows")
  func role() async throws {
    let (found, asked, code) = try await ask("plain")
    #expect(code == 0)
    #expect(found["granted"]?.integer == 2)
    #expect(
      asked.map { $0["PolicySourceArn"]?.string } == [
        "arn:aws:iam::123456789012:role/teams/deployer"
      ])
    #expect(
      asked.first?["ResourceArns.member.1"]
        == "arn:aws:dynamodb:eu-west-1:123456789012:table/orders")
  }

  @Test("a user is asked about as it is")
  func user() async throws {
    let name = "iam::123456789012:user/people/kim"
    let (found, asked, _) = try await ask("plain", as: name)
    #expect(found["granted"]?.integer == 2)
    #expect(asked.map { $0["PolicySourceArn"]?.string } == ["arn:aws:\(name)"])
  }

  @Test(
    "who IAM does not simulate is said, with what to do, and nothing is asked",
    arguments: [
      ("iam::123456789012:root", "the root user, who holds every right"),
      ("sts::123456789012:federated-user/kim", "federated-user/kim"),
    ])
  func unsimulated(who: String, text: String) async throws {
    let (found, asked, code) = try await ask("plain", as: who)
    #expect(code == 0)
    #expect(asked.isEmpty)
    #expect(found["missing"]?.elements?.isEmpty == true)
    let untold = found["untold"]?.text ?? ""
    #expect(untold.contains("IAM does not simulate"))
    #expect(untold.contains(text))
    #expect(untold.contains("--principal"))
  }

  @Test("an answer in pages is read to its end")
  func paged() async throws {
    let (found, asked, code) = try await ask("paged")
    #expect(asked.count == 2)
    #expect(asked.last?["Marker"] == "1")
    #expect(found["granted"]?.integer == 1)
    #expect(
      found["missing"]?.elements?.compactMap { $0["action"]?.string } == ["dynamodb:UpdateTable"])
    #expect(code == 65)
  }

  @Test(
    "what stands in the way of a right is named",
    arguments: [
      ("implicit", "no policy allows it"), ("explicit", "a policy denies it"),
      ("scp", "the organization's policies do not allow it"),
      ("boundary", "the permissions boundary does not allow it"),
    ])
  func reasons(how: String, reason: String) async throws {
    let (found, _, code) = try await ask(how)
    #expect(code == 65)
    #expect(found["missing"]?.elements?.map { $0["reason"]?.string } == [reason])
    #expect(found["missing"]?.elements?.first?["steps"]?.text == #"["call"]"#)
  }

  @Test("a no that hangs on a condition that is not known now is not believed")
  func condition() async throws {
    let (found, _, code) = try await ask("condition")
    #expect(code == 0)
    #expect(found["missing"]?.elements?.isEmpty == true)
    #expect(found["untold"]?.text.contains("may dynamodb:UpdateTable on") == true)
  }

  @Test("without iam:GetRole a role with a path is not found, and that is said")
  func roleless() async throws {
    let (found, asked, code) = try await ask("roleless")
    #expect(code == 0)
    #expect(
      asked.map { $0["PolicySourceArn"]?.string } == ["arn:aws:iam::123456789012:role/deployer"])
    #expect(found["untold"]?.text.contains("iam:GetRole must be allowed") == true)
  }

  @Test("somebody else's rights are asked about without looking who calls")
  func principal() async throws {
    let (found, asked, code) = try await ask(
      "implicit", as: "iam::123456789012:root", "--principal",
      "arn:aws:sts::999999999999:assumed-role/runner/x")
    #expect(code == 65)
    let first = try #require(asked.first)
    #expect(first["PolicySourceArn"] == "arn:aws:iam::123456789012:role/teams/runner")
    // The names are those of the account in which they will be.
    #expect(
      first["ResourceArns.member.1"] == "arn:aws:dynamodb:eu-west-1:999999999999:table/orders")
    #expect(found["missing"]?.elements?.count == 1)
    let odd = try await ask("plain", "--principal", "kim")
    #expect(odd.found["untold"]?.text.contains("kim is not the ARN") == true)
  }

  @Test("a resource with a role of its own is asked about as that role, and has its own policies")
  func others() async throws {
    let role = "arn:aws:iam::123456789012:role/other"
    let (found, asked, _) = try await ask("plain", more: "role: \"\(role)\",")
    let asking = asked.map {
      ($0["PolicySourceArn"]?.string ?? "") + " " + ($0["ActionNames.member.1"]?.string ?? "")
    }
    #expect(
      Set(asking) == [
        "arn:aws:iam::123456789012:role/teams/deployer sts:AssumeRole",
        "arn:aws:iam::123456789012:role/teams/other dynamodb:TagResource",
      ], "\(found.text)")
    let binary = try Binary()
    try binary.write("p.json5", Self.playbook("role: \"\(role)\","))
    let whole = try JSONValue(parsing: try binary("policy", "p.json5", "--json").text)
    let other = try #require(whole["others"]?.elements?.first)
    #expect(other["role"]?.string == role)
    #expect(other["apply"]?.text.contains("dynamodb:UpdateTable") == true)
    #expect(whole["apply"]?.text.contains("dynamodb:UpdateTable") == false)
    #expect(whole["apply"]?.text.contains("sts:AssumeRole") == true)
    let one = try binary("policy", "p.json5", "--of", role, "--role", "apply")
    #expect(try JSONValue(parsing: one.text) == other["apply"])
    #expect(try binary("policy", "p.json5", "--of", "nobody").code == 65)
  }

  @Test(
    "names are of the partition of their region",
    arguments: [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")])
  func partition(region: String, partition: String) throws {
    let binary = try Binary()
    try binary.write(
      "p.json5",
      """
      {
        playbook: 1, environment: "rights", colors: { blue: {}, green: {} },
        steps: [
          { id: "copy", uses: "tables.copy", with: {
              from: "dynamodb://\(region)/a", to: "dynamodb://\(region)/b" } },
          { id: "sync", uses: "buckets.sync", with: {
              from: "s3://a-bucket?region=\(region)", to: "s3://b-bucket?region=\(region)" } },
          { id: "users", uses: "users.copy", with: { passwords: "leave",
              from: "cognito://\(region)/\(region)_A", to: "cognito://\(region)/\(region)_B" } },
          { id: "stack", uses: "stack.deploy", with: {
              stack: "cloudformation://\(region)/s", template: "/t.json" } },
          { id: "drain", uses: "sqs.wait-empty", with: { queue: "q" } },
          { id: "login", uses: "command.run", with: { apply: { argv: ["true"] }, changes: false,
              environment: { KEY: "${secret:ssm:/key}" } } },
        ],
      }
      """)
    let output = try binary.run(
      ["policy", "p.json5", "--json"],
      environment: [
        "AWS_REGION": region, "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
      ])
    let policies = try JSONValue(parsing: output.text)
    var partitions: Set<String> = []
    for role in ["plan", "apply"] {
      for statement in policies[role]?["Statement"]?.elements ?? [] {
        for name in statement["Resource"]?.elements?.compactMap(\.string) ?? [] where name != "*" {
          partitions.insert(String(name.split(separator: ":")[1]))
        }
      }
    }
    #expect(partitions == [partition], "\(output.all)")
  }
}
