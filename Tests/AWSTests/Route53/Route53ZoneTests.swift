import Foundation
import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Zones of Route 53", .waiting)
struct Route53ZoneTests {
  private let server: MotoServer

  init() throws { server = try MotoServer.shared() }

  /// A new zone of the name, by its id.
  private func makeZone(_ name: String, isPrivate: Bool = false) throws -> String {
    try server.python(
      """
      import uuid
      more = dict(VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-1"}) if sys.argv[2] == "yes" else {}
      zone = client("route53").create_hosted_zone(
          Name=sys.argv[1], CallerReference=str(uuid.uuid4()),
          HostedZoneConfig={"PrivateZone": sys.argv[2] == "yes", "Comment": ""}, **more)
      print(zone["HostedZone"]["Id"].split("/")[-1], end="")
      """, [name, isPrivate ? "yes" : "no"])
  }

  private func open(_ text: String) throws -> Route53Zone {
    try Route53Zone(
      ResourceURL("route53://\(text)"), in: MotoSession.make(server, clock: HastyClock()),
      purpose: nil)
  }

  /// What boto3 finds in the zone beside SOA and NS.
  private func records(_ zone: String) throws -> JSONValue {
    let text = try server.python(
      """
      found = client("route53").list_resource_record_sets(HostedZoneId=sys.argv[1])
      print(json.dumps([r for r in found["ResourceRecordSets"] if r["Type"] not in ("SOA", "NS")],
                       sort_keys=True))
      """, [zone])
    return try JSONValue(reading: Array(text.utf8))
  }

  private func put(_ zone: String, _ sets: String) throws {
    _ = try server.python(
      """
      client("route53").change_resource_record_sets(HostedZoneId=sys.argv[1], ChangeBatch={
          "Changes": [{"Action": "CREATE", "ResourceRecordSet": r}
                      for r in json.loads(sys.argv[2])]})
      """, [zone, sets])
  }

  @Test("a hosted zone keeps the laws of zones")
  func laws() async throws {
    let id = try makeZone("laws-zone.test")
    try await DNSZoneLaws(origin: "laws-zone.test.") { try open(id) }.check()
  }

  @Test("sets of every routing policy are read, replaced and put back exactly")
  func policies() async throws {
    let id = try makeZone("kinds.test")
    try put(
      id,
      """
      [{"Name": "w.kinds.test", "Type": "A", "SetIdentifier": "w-blue", "Weight": 100,
        "AliasTarget": {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net.",
                        "EvaluateTargetHealth": false}},
       {"Name": "w.kinds.test", "Type": "A", "SetIdentifier": "w-green", "Weight": 0, "TTL": 60,
        "ResourceRecords": [{"Value": "192.0.2.1"}], "HealthCheckId": "abc"},
       {"Name": "f.kinds.test", "Type": "A", "SetIdentifier": "f-one", "Failover": "PRIMARY",
        "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.2"}]},
       {"Name": "l.kinds.test", "Type": "A", "SetIdentifier": "l-one", "Region": "eu-west-1",
        "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.3"}]},
       {"Name": "g.kinds.test", "Type": "A", "SetIdentifier": "g-one", "TTL": 60,
        "GeoLocation": {"CountryCode": "US", "SubdivisionCode": "NY"},
        "ResourceRecords": [{"Value": "192.0.2.4"}]},
       {"Name": "m.kinds.test", "Type": "A", "SetIdentifier": "m-one", "MultiValueAnswer": true,
        "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.5"}]}]
      """)
    let before = try records(id)
    let zone = try open(id)
    let weighted = try await zone.recordSets(at: "w.kinds.test.")
    #expect(weighted.map(\.setIdentifier) == ["w-blue", "w-green"])
    #expect(
      weighted[0].alias
        == AliasTarget(name: "d1.cloudfront.net.", zone: "Z2FDTNDATAQYW2", evaluatesHealth: false))
    #expect(weighted[1].routing == .weighted(0) && weighted[1].healthCheck == "abc")
    let others = try await [
      zone.recordSets(at: "f.kinds.test."), zone.recordSets(at: "l.kinds.test."),
      zone.recordSets(at: "g.kinds.test."), zone.recordSets(at: "m.kinds.test."),
    ]
    #expect(
      others.map { $0[0].routing } == [
        .failover("PRIMARY"), .latency(region: "eu-west-1"),
        .geolocation(continent: nil, country: "US", subdivision: "NY"), .multivalue,
      ])
    var switched = weighted
    switched[0].routing = .weighted(0)
    switched[1].routing = .weighted(100)
    try await zone.replace(at: "w.kinds.test.", former: weighted, with: switched)
    let weights = try records(id).elements?.compactMap { $0["Weight"]?.integer }
    #expect(weights == [0, 100])
    try await zone.replace(at: "w.kinds.test.", former: switched, with: weighted)
    for sets in others {
      let name = sets[0].name
      var slower = sets
      slower[0].ttlSeconds = 300
      try await zone.replace(at: name, former: sets, with: slower)
      #expect(try await zone.recordSets(at: name) == slower)
      try await zone.replace(at: name, former: slower, with: sets)
    }
    #expect(Set(try records(id).elements ?? []) == Set(before.elements ?? []))
  }

  @Test("a zone is found by its name, and never taken for another of that name")
  func byName() async throws {
    let id = try makeZone("named.test")
    let zone = try open("?name=named.test")
    #expect(try await zone.origin() == "named.test.")
    #expect(try await zone.servers().allSatisfy { $0.port == 53 && $0.host.contains("awsdns") })
    #expect(try await zone.seclusion() == nil)
    let hidden = try makeZone("named.test", isPrivate: true)
    let failure = try #require(
      await #expect(throws: Failure.self) { try await open("?name=named.test").origin() })
    #expect(failure.kind == .refused)
    #expect(failure.summary.contains(id) && failure.summary.contains(hidden))
    let secluded = try open("?name=named.test&private=true")
    #expect(try await secluded.seclusion()?.contains("private") == true)
    #expect(try await secluded.servers().isEmpty)
    await #expect(throws: Failure.self) { try await open("?name=test").origin() }
    await #expect(throws: Failure.self) { try await open("Z000NOWHERE").recordSets(at: "a.test.") }
    for bad in ["Z1?name=a.test", "", "Z1/more"] {
      #expect(throws: Failure.self) { try open(bad) }
    }
  }

  @Test("wildcards and bytes beyond letters have the zone's form outside and ours inside")
  func escapes() throws {
    #expect(Route53Text.name("\\052.Example.test") == "*.example.test.")
    #expect(Route53Text.decimal("a\\011b\\\"c") == "a\\009b\\\"c")
    #expect(Route53Text.octal("a\\009b\\\\001") == "a\\011b\\\\001")
    #expect(Route53Text.value("\"a\\011b\"", type: "TXT") == "\"a\\009b\"")
    #expect(Route53Text.value("10 Mail.Example.test", type: "MX") == "10 mail.example.test.")
  }
}
