import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// What the playbooks of VAMS look for before they touch anything, against answers of AWS's own form.
@Suite("What the playbooks of VAMS look for and save first", .waiting)
struct CollisionChecksTests {
  /// CloudFormation answers for a physical id with all resources of the stack that has it.
  private static let script = """
    OPEN = '<%sResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><%sResult>'
    def member(kind, id):
        return ("<member><StackName>A-StaticWeb</StackName><LogicalResourceId>L</LogicalResourceId>"
                "<PhysicalResourceId>%s</PhysicalResourceId><ResourceType>%s</ResourceType>"
                "<ResourceStatus>CREATE_COMPLETE</ResourceStatus><DriftInformation>"
                "<StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus>"
                "</DriftInformation></member>" % (id, kind))

    def handle(self, path, query):
        form = dict(urllib.parse.parse_qsl(self.body().decode()))
        name = form["Action"]
        body = OPEN % (name, name)
        if name == "DescribeStackResources":
            domain = form["PhysicalResourceId"]
            if domain.startswith("free"):
                error = ("<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>"
                         "<Message>Stack for %s does not exist</Message></Error></ErrorResponse>")
                return self.answer(400, [("Content-Type", "text/xml")], error % domain)
            body += "<StackResources>" + member("AWS::S3::Bucket", domain)
            if domain.startswith("owned"): body += member("AWS::Route53::RecordSet", domain)
            body += member("AWS::S3::BucketPolicy", "P") + "</StackResources>"
        else:
            body += "<Exports><member><Name>%s</Name></member></Exports>" % (
                shared.setdefault("exports", ["One", "SplatToolboxLambdaExecutionFunctionName",
                                              "More"]).pop(0))
            if not shared["exports"]: body += "<NextToken>more</NextToken>"
        body += "</%sResult></%sResponse>" % (name, name)
        self.answer(200, [("Content-Type", "text/xml")], body)
    """

  /// What the check finds wrong; nil where it passes.
  private func complaint(
    _ server: ScriptedServer, _ id: String, of playbook: String, domain: String = "free"
  ) async throws -> String? {
    let input = try ShippedStep.input(
      id, of: "vams/\(playbook)",
      ["${domain}": domain, "${region}": "us-east-1", "${from.region}": "us-east-1"])
    let rig = try CloudStage(server).rig(CloudStep.self, input.text)
    _ = try await rig.plan()
    do {
      _ = try await rig.apply()
      return nil
    } catch let failure as Failure {
      return failure.summary
    }
  }

  @Test(
    "a bucket of the domain's name is not its record",
    arguments: ["ab-alb", "ab-cloudfront", "ab-region"])
  func records(playbook: String) async throws {
    try await ScriptedServer.run(Self.script) { server in
      for id in ["check-record", "check-record-dot"] {
        let free = try await complaint(server, id, of: playbook, domain: "free.test")
        #expect(free == nil)
        let bucket = try await complaint(server, id, of: playbook, domain: "bucket.test")
        #expect(bucket == nil)
        let owned = try await complaint(server, id, of: playbook, domain: "owned.test")
        #expect(owned?.contains("StackResources") == true, "\(owned ?? "")")
      }
    }
  }

  @Test(
    "an export in the way is found, and more exports than one answer has are not taken for none",
    arguments: ["ab-alb", "ab-cloudfront"])
  func exports(playbook: String) async throws {
    try await ScriptedServer.run(Self.script) { server in
      var complaints: [String?] = []
      for _ in 0..<3 {
        complaints.append(try await complaint(server, "check-export", of: playbook))
      }
      #expect(complaints[0] == nil)
      #expect(complaints[1]?.contains("SplatToolbox") == true)
      #expect(complaints[2]?.contains("NextToken") == true)
    }
  }

  @Test("pre-update exports the tables that it backs up, where that is wanted")
  func exported() throws {
    let saved = try ShippedStep.input("backup-tables", of: "vams/pre-update")["tables"]
    let exported = try ShippedStep.input("export-tables", of: "vams/pre-update")
    #expect(saved?.elements?.isEmpty == false && exported["tables"] == saved)
    let input = try exported.decode(as: TablesExport.Input.self)
    #expect(input.to.parameter("region") == "${region}")
  }
}
