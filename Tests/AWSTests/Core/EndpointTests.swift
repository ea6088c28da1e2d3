import Foundation
import Harness
import Resources
import Testing

@testable import AWS

@Suite("Endpoints", .waiting)
struct EndpointTests {
  private struct Sample: Decodable {
    let service: String
    let region: String
    let fips: Bool
    let dual: Bool
    let url: String?
    let signing: String
  }

  private static let script = #"""
    import gzip, json, os, botocore
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
    data = os.path.dirname(botocore.__file__) + "/data"
    def load(path):
        if os.path.exists(path): return json.load(open(path))
        return json.load(gzip.open(path + ".gz"))
    partitions = load(data + "/partitions.json")
    services = ["dynamodb", "s3", "cognito-idp", "route53", "cloudformation", "lambda", "sqs",
                "cloudwatch", "ssm", "secretsmanager", "sns", "sts", "iam"]
    regions = [name for p in partitions["partitions"] for name in p["regions"]
               if not name.endswith("-global")] + ["us-newplace-7"]
    for service in services:
        version = sorted(os.listdir(f"{data}/{service}"))[-1]
        provider = EndpointProvider(
            load(f"{data}/{service}/{version}/endpoint-rule-set-1.json"), partitions)
        for region in regions:
            for fips in (False, True):
                for dual in (False, True):
                    sample = {"service": service, "region": region, "fips": fips, "dual": dual,
                              "url": None, "signing": region}
                    try:
                        found = provider.resolve_endpoint(
                            Region=region, UseFIPS=fips, UseDualStack=dual)
                        sample["url"] = found.url
                        for scheme in found.properties.get("authSchemes", [])[:1]:
                            sample["signing"] = scheme.get("signingRegion") or region
                    except EndpointProviderError: pass
                    print(json.dumps(sample))
    """#

  private static let services: [AWSService] = [
    .dynamodb, .s3, .cognito, .route53, .cloudformation, .lambda, .sqs, .cloudwatch, .ssm,
    .secretsManager, .sns, .sts, .iam,
  ]

  @Test("hosts and signing regions are botocore's in every region, with and without FIPS and IPv6")
  func matchesBotocore() throws {
    let output = try Tool.run(["python3", "-c", Self.script])
    #expect(output.status == 0, "\(output.errorText)")
    var count = 0
    for line in output.text.split(separator: "\n") {
      let sample = try JSONDecoder().decode(Sample.self, from: Data(line.utf8))
      let service = try #require(Self.services.first { $0.name == sample.service })
      let host = AWSHost(
        service: service, region: sample.region, isFIPS: sample.fips, isDualStack: sample.dual)
      guard let url = sample.url else {
        #expect(throws: Failure.self, "\(line)") { try host.name() }
        continue
      }
      #expect("https://\(try host.name())" == url, "\(line)")
      #expect(host.signingRegion == sample.signing, "\(line)")
      count += 1
    }
    #expect(count > 1_500)
  }

  @Test("environment goes before profile, and the service's own before the common one")
  func ordersNames() throws {
    let home = try TestSession.home(
      config: """
        [default]
        region = eu-west-1
        services = mine
        endpoint_url = http://profile
        [profile fips]
        use_fips_endpoint = true
        region = us-west-2
        [services mine]
        dynamodb =
          endpoint_url = http://section/
        cognito_identity_provider =
          endpoint_url = http://cognito
        """)
    func url(
      _ service: AWSService, _ environment: [String: String] = [:], profile: String? = nil
    ) throws -> String {
      try TestSession.make(environment, home: home)
        .client(service, at: CloudPlace(profile: profile)).endpoint.url
    }
    #expect(try url(.dynamodb) == "http://section")
    #expect(try url(.cognito) == "http://cognito")
    #expect(try url(.sqs) == "http://profile")
    #expect(try url(.sqs, ["AWS_ENDPOINT_URL": "http://all/"]) == "http://all")
    #expect(
      try url(
        .route53, ["AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_ROUTE_53": "http://r"])
        == "http://r")
    #expect(
      try url(.cognito, ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://c"]) == "http://c")
    #expect(
      try url(.dynamodb, ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"])
        == "https://dynamodb.eu-west-1.amazonaws.com")
    #expect(
      try url(.dynamodb, profile: "fips") == "https://dynamodb-fips.us-west-2.amazonaws.com")
    #expect(throws: Failure.self) { try url(.sqs, ["AWS_ENDPOINT_URL": "localhost:1"]) }
  }
}
