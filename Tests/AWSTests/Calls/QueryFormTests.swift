import Foundation
import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Inputs of query services", .waiting)
struct QueryFormTests {
  /// What botocore's own serializer makes of each input.
  @Test(
    "inputs are flattened as botocore flattens them",
    arguments: [
      ("sns", "Publish", #"{"Message":"m","MessageAttributes":{"a":{"DataType":"String"}}}"#),
      ("sns", "CreateTopic", #"{"Name":"t","Attributes":{"k":"v","l":"w"},"Tags":[]}"#),
      (
        "cloudwatch", "GetMetricData",
        #"{"StartTime":"1","EndTime":"2","MetricDataQueries":[{"Id":"m","MetricStat":{"Metric":{"#
          + #""Namespace":"N","Dimensions":[{"Name":"a","Value":"b"}]},"Period":60,"Stat":"Sum"},"#
          + #""ReturnData":true}]}"#
      ),
      ("rds", "DescribeDBInstances", #"{"Filters":[{"Name":"f","Values":["a","b"]}]}"#),
      ("iam", "SimulatePrincipalPolicy", #"{"PolicySourceArn":"a","ActionNames":["b","c"]}"#),
      ("cloudformation", "ContinueUpdateRollback", #"{"StackName":"a","ResourcesToSkip":["b"]}"#),
      (
        "elasticache", "ModifyCacheCluster",
        #"{"CacheClusterId":"a","CacheNodeIdsToRemove":["1"],"SecurityGroupIds":["s"]}"#
      ),
    ])
  func matchesBotocore(_ service: String, _ operation: String, _ input: String) throws {
    let script = """
      import botocore.session, botocore.serialize, json, sys
      service, operation, input = sys.argv[1:4]
      model = botocore.session.get_session().get_service_model(service)
      body = botocore.serialize.create_serializer('query', False).serialize_to_request(
          json.loads(input), model.operation_model(operation))['body']
      print(json.dumps({k: str(v) for k, v in body.items()}))
      """
    let output = try Tool.run(["python3", "-c", script, service, operation, input])
    try #require(output.status == 0, "\(output.errorText)")
    var wanted: [String: String] = [:]
    for member in try JSONValue(reading: Array(output.text.utf8)).members ?? []
    where !["Action", "Version"].contains(member.name) && !member.name.hasSuffix("Time") {
      wanted[member.name] = member.value.string
    }
    let pairs = try QueryForm.pairs(
      JSONValue(reading: Array(input.utf8)), KnownService(named: service))
    let found = Dictionary(uniqueKeysWithValues: pairs).filter { !$0.key.hasSuffix("Time") }
    #expect(found == wanted)
  }

  @Test("EC2 gets its lists without a name between")
  func flattensForEC2() throws {
    let pairs = try QueryForm.pairs(
      ["InstanceId": ["i-1", "i-2"], "Filter": [["Name": "x", "Value": ["y"]]]],
      KnownService(named: "ec2"))
    #expect(
      pairs.map { "\($0.0)=\($0.1)" } == [
        "InstanceId.1=i-1", "InstanceId.2=i-2", "Filter.1.Name=x", "Filter.1.Value.1=y",
      ])
  }
}
