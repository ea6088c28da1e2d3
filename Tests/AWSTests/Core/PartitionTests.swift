import Harness
import Resources
import Testing

@testable import AWS

@Suite("Partitions", .waiting)
struct PartitionTests {
  @Test("every region is in botocore's partition, and so are the names of what is in it")
  func matchesBotocore() throws {
    let output = try Tool.run([
      "python3", "-c",
      """
      import gzip, json, os, botocore
      path = os.path.dirname(botocore.__file__) + "/data/partitions.json"
      data = json.load(open(path) if os.path.exists(path) else gzip.open(path + ".gz"))
      for p in data["partitions"]:
          for region in p["regions"]:
              if not region.endswith("-global"): print(p["id"], region, p["outputs"]["dnsSuffix"])
      """,
    ])
    var kinds: Set<CloudPartition> = []
    for line in output.text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      #expect(CloudPartition.of(words[1]).rawValue == words[0], "\(line)")
      #expect(AWSPartition.of(words[1]).suffix == words[2], "\(line)")
      #expect(
        CloudPlace(region: words[1]).name("sqs", "q") == "arn:\(words[0]):sqs:\(words[1]):*:q")
      kinds.insert(CloudPartition.of(words[1]))
    }
    #expect(kinds == Set(CloudPartition.allCases), "\(output.errorText)")
    #expect(CloudPlace().name("sqs", "q") == "arn:aws:sqs:*:*:q")
  }

  @Test("rights name what is in the profile's partition, where no region is written")
  func namesRights() throws {
    let home = try TestSession.home(config: "[profile cn]\nregion = cn-north-1")
    let session = TestSession.make(["AWS_REGION": "us-gov-west-1"], home: home)
    let zones = Provider.route53(in: session)
    let there = try zones.permissions(ResourceURL("route53://Z1?profile=cn"), .write)
    #expect(
      Set(there.map(\.resource)) == [
        "arn:aws-cn:route53:::hostedzone/Z1", "arn:aws-cn:route53:::change/*",
      ])
    let here = try zones.permissions(ResourceURL("route53://Z1"), .look)
    #expect(here.map(\.resource) == ["arn:aws-us-gov:route53:::hostedzone/Z1"])
    let cloud = AWSCloud(session)
    let place = CloudPlace(profile: "cn")
    let call = try cloud.permissions(
      for: CloudUse("sqs", "GetQueueUrl", at: place, on: place.name("sqs", "q")))
    #expect(call.map(\.resource) == ["arn:aws-cn:sqs:*:*:q"])
    let bucket = try Provider.s3(session).permissions(
      ResourceURL("s3://bucket?region=us-iso-east-1"), .look)
    #expect(bucket.first?.resource == "arn:aws-iso:s3:::bucket")
  }
}
