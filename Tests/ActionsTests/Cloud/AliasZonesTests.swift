import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// The hosted zones of alias targets: as AWS documents them, and as services tell them.
@Suite("Zones of alias targets", .waiting)
struct AliasZonesTests {
  private static let script = #"""
    pages = [[("a-1.xx-new-1.elb.amazonaws.com", "ZALB1")],
             [("API-2.xx-new-1.elb.amazonaws.com", "ZALB2"),
              ("n.elb.xx-new-1.amazonaws.com", "ZNLB")]]
    def handle(self, path, query):
        form = dict(urllib.parse.parse_qsl(self.body().decode()))
        if path == "/domainnames":
            if self.headers.get("Accept") != "application/json": return self.answer(406)
            if "position" not in query:
                return self.answer(body=json.dumps({"item": [{"domainName": "edge"}],
                                                    "position": "p+/1"}))
            if query["position"] != "p+/1": return self.answer(400)
            return self.answer(body=json.dumps({"item": [{"domainName": "api.example.test",
                "regionalDomainName": "d-1.execute-api.eu-west-1.amazonaws.com",
                "regionalHostedZoneId": "ZAPI"}]}))
        if form["Version"] == "2012-06-01":
            return self.answer(body="<R><DescribeLoadBalancersResult><LoadBalancerDescriptions>"
                "<member><DNSName>classic-3.xx-new-1.elb.amazonaws.com</DNSName>"
                "<CanonicalHostedZoneNameID>ZCLB</CanonicalHostedZoneNameID></member>"
                "</LoadBalancerDescriptions></DescribeLoadBalancersResult></R>")
        page = int(form.get("Marker", "0"))
        body = "".join(f"<member><DNSName>{n}</DNSName><CanonicalHostedZoneId>{z}"
                       "</CanonicalHostedZoneId></member>" for n, z in pages[page])
        more = "<NextMarker>1</NextMarker>" if page == 0 else ""
        self.answer(body="<R><DescribeLoadBalancersResult><LoadBalancers>" + body +
                    "</LoadBalancers>" + more + "</DescribeLoadBalancersResult></R>")
    """#

  @Test(
    "names tell their zone where AWS documents it",
    arguments: [
      ("d1.cloudfront.net.", "Z2FDTNDATAQYW2"), ("d1.cloudfront.cn.", "Z3RFFRIM2A3IF5"),
      ("a1.awsglobalaccelerator.com.", "Z2BJ6XQ5FK7U4H"),
      ("dualstack.web-1.us-east-1.elb.amazonaws.com.", "Z35SXDOTRQ7X7K"),
      ("internal-web-1.eu-central-1.elb.amazonaws.com.", "Z215JYRZR1TBD5"),
      ("web-1.cn-north-1.elb.amazonaws.com.cn.", "Z1GDH35T77C1KE"),
      ("net-1.elb.us-east-1.amazonaws.com.", "Z26RNL4JYFTOTI"),
      ("s3-website-us-east-1.amazonaws.com.", "Z3AQBSTGFYJSTF"),
      ("s3-website.eu-central-1.amazonaws.com.", "Z21DNDUVLTQW6Q"),
    ])
  func knows(name: String, zone: String) {
    #expect(AliasZones.target(of: name) == .known(zone: zone))
  }

  @Test("other names say whom to ask, or nothing")
  func tellsKinds() {
    let expected: [(String, AliasZones.Target?)] = [
      ("web-1.xx-new-1.elb.amazonaws.com.", .loadBalancer(region: "xx-new-1")),
      ("net-1.elb.xx-new-1.amazonaws.com.", .networkBalancer(region: "xx-new-1")),
      ("d-1.execute-api.eu-west-1.amazonaws.com.", .api(region: "eu-west-1")),
      ("bucket.s3-website-us-east-1.amazonaws.com.", nil), ("www.example.test.", nil),
      ("amazonaws.com.", nil), ("elb.amazonaws.com.evil.test.", nil),
      ("x.elb.amazonaws.com.evil.", nil),
    ]
    for (name, target) in expected { #expect(AliasZones.target(of: name) == target, "\(name)") }
  }

  private func point(
    _ stage: CloudStage, _ alias: String, isPreview: Bool = false
  ) throws -> ActionRig {
    stage.world.setPreview(isPreview)
    return try stage.rig(
      DNSPoint.self, "{zone: 'fakezone://main', name: 'www.example.test', alias: {\(alias)}}")
  }

  @Test("load balancers and names of API Gateway are looked for on every page of their service")
  func asks() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let expected = [
        "dualstack.api-2.xx-new-1.elb.amazonaws.com": "ZALB2",
        "n.elb.xx-new-1.amazonaws.com": "ZNLB",
        "classic-3.xx-new-1.elb.amazonaws.com": "ZCLB",
        "d-1.execute-api.eu-west-1.amazonaws.com": "ZAPI",
      ]
      for (name, zone) in expected {
        let stage = try CloudStage(server)
        let rig = try point(stage, "name: '\(name)'")
        _ = try await rig.plan()
        // The zone stands in the plan, and is not asked for again.
        #expect(rig.journal.plan?.plan.contains("\"\(zone)\"") == true)
        try await rig.apply()
        #expect(stage.world.zone.now.sets.map(\.alias?.zone) == [zone], "\(name)")
      }
      let stage = try CloudStage(server)
      let gone = "name: 'gone-9.xx-new-1.elb.amazonaws.com'"
      let failure = try await #require(throws: Failure.self) {
        try await point(stage, gone).plan()
      }
      #expect(failure.hint.contains("CanonicalHostedZoneId"))
      // A preview may come before the load balancer.
      #expect(try await point(stage, gone, isPreview: true).plan().changes.count > 0)
    }
  }

  @Test("the zone of a load balancer of moto is the one that boto3 is told")
  func moto() async throws {
    let server = try MotoServer.shared()
    let told = try server.python(
      """
      there = {'region_name': 'ap-southeast-4'}
      ec2, elb = client('ec2', **there), client('elbv2', **there)
      vpc = ec2.create_vpc(CidrBlock='10.0.0.0/16')['Vpc']['VpcId']
      zones = [z['ZoneName'] for z in ec2.describe_availability_zones()['AvailabilityZones']][:2]
      nets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f'10.0.{i}.0/24', AvailabilityZone=z)
              ['Subnet']['SubnetId'] for i, z in enumerate(zones)]
      b = elb.create_load_balancer(Name='alias-zone', Subnets=nets)['LoadBalancers'][0]
      print(b['DNSName'], b['CanonicalHostedZoneId'], end='')
      """
    ).split(separator: " ").map(String.init)
    let stage = try CloudStage(server.environment)
    try await point(stage, "name: '\(told[0])'").apply()
    #expect(stage.world.zone.now.sets.map(\.alias?.zone) == [told[1]])
  }

  @Test("finding a zone takes rights only where somebody is asked")
  func rights() throws {
    func rights(_ name: String) throws -> [StepRight] {
      let input =
        "{zone: 'fakezone://main', name: 'w.test', alias: {name: '\(name)', profile: 'p'}}"
      return try ActionDescriptor(DNSPoint.self).rights(
        of: try JSONValue(reading: Array(input.utf8), dialect: .json5)
      ).filter { if case .look = $0 { true } else { false } }
    }
    #expect(try rights("web-1.us-east-1.elb.amazonaws.com").isEmpty)
    let place = CloudPlace(region: "cn-new-1", profile: "p")
    #expect(
      try rights("net-1.elb.cn-new-1.amazonaws.com.cn") == [
        .look(CloudUse("elbv2", "DescribeLoadBalancers", method: "GET", at: place, on: "*"))
      ])
    #expect(
      try rights("d-1.execute-api.cn-new-1.amazonaws.com.cn") == [
        .look(
          CloudUse(
            "apigateway", "GetDomainNames", method: "GET", at: place,
            on: "arn:aws-cn:apigateway:cn-new-1::/domainnames"))
      ])
  }
}
