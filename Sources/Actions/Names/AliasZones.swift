import JSON
import Resources
import Rollouts

/// Finds the hosted zone that the target of an alias stands in, by the target's name.
///
/// AWS documents one zone for each region and kind of target. Load balancers in regions that the
/// table lacks, and custom names of API Gateway, are asked for with the credentials of the zone.
struct AliasZones: Sendable {
  /// What a name is one of.
  enum Target: Hashable, Sendable {
    case known(zone: String)
    case loadBalancer(region: String)
    case networkBalancer(region: String)
    case api(region: String)
  }

  let site: Site
  /// Whose credentials ask.
  let profile: String?
  let role: String?

  private static let pagesMax = 100

  /// Nil for a name that does not tell its zone; names are absolute and in lower case.
  static func target(of name: String) -> Target? {
    let labels = name.split(separator: ".").map(String.init)
    if let zone = wideZones[labels.suffix(2).joined(separator: ".")] { return .known(zone: zone) }
    guard let amazon = labels.firstIndex(of: "amazonaws"), amazon >= 1,
      ["com", "com.cn"].contains(labels[(amazon + 1)...].joined(separator: "."))
    else { return nil }
    let before = Array(labels[..<amazon])
    let last = before[before.count - 1]
    let second = before.count > 1 ? before[before.count - 2] : ""
    if last == "elb" {
      return balancerZones[second].map { .known(zone: $0.application) }
        ?? .loadBalancer(region: second)
    }
    if second == "elb" {
      return balancerZones[last].map { .known(zone: $0.network) } ?? .networkBalancer(region: last)
    }
    if second == "execute-api" { return .api(region: last) }
    // An alias names the endpoint of a region's websites, not that of a bucket.
    if before.count == 2, second == "s3-website" {
      return websiteZones[last].map { .known(zone: $0) }
    }
    if before.count == 1, last.hasPrefix("s3-website-") {
      return websiteZones[String(last.dropFirst("s3-website-".count))].map { .known(zone: $0) }
    }
    return nil
  }

  /// The calls that finding the zone takes.
  static func uses(of target: Target, profile: String?, role: String?) -> [CloudUse] {
    func use(_ service: String, _ operation: String, _ region: String, _ on: String) -> CloudUse {
      let place = CloudPlace(region: region, profile: profile, role: role)
      return CloudUse(service, operation, method: "GET", at: place, on: on)
    }
    switch target {
    case .known: return []
    case .loadBalancer(let region):
      return [
        use("elbv2", "DescribeLoadBalancers", region, "*"),
        use("elb", "DescribeLoadBalancers", region, "*"),
      ]
    case .networkBalancer(let region): return [use("elbv2", "DescribeLoadBalancers", region, "*")]
    case .api(let region):
      let partition = CloudPartition.of(region).rawValue
      return [
        use(
          "apigateway", "GetDomainNames", region,
          "arn:\(partition):apigateway:\(region)::/domainnames")
      ]
    }
  }

  func zone(of name: String) async throws(Failure) -> String {
    let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
    let found: String?
    switch Self.target(of: name) {
    case .known(let zone)?: return zone
    case .loadBalancer(let region)?:
      let newer = try await balancer(
        bare, region, "elbv2", "LoadBalancers", "CanonicalHostedZoneId")
      if let newer { return newer }
      found = try await balancer(
        bare, region, "elb", "LoadBalancerDescriptions", "CanonicalHostedZoneNameID")
    case .networkBalancer(let region)?:
      found = try await balancer(bare, region, "elbv2", "LoadBalancers", "CanonicalHostedZoneId")
    case .api(let region)?: found = try await api(bare, region)
    case nil: found = nil
    }
    if let found, !found.isEmpty { return found }
    throw Self.unknown(name, site.step)
  }

  static func unknown(_ name: String, _ step: String) -> Failure {
    .permanent(
      "step \(step): the hosted zone of \(name) is not known",
      hint: "Give the alias its 'hostedZone': for a load balancer its CanonicalHostedZoneId, for a "
        + "name of API Gateway its regionalHostedZoneId.")
  }

  private func balancer(
    _ name: String, _ region: String, _ service: String, _ list: String, _ zone: String
  ) async throws(Failure) -> String? {
    let plain = name.hasPrefix("dualstack.") ? String(name.dropFirst("dualstack.".count)) : name
    var marker: String?
    for _ in 0..<Self.pagesMax {
      let answer = try await question(region).ask(
        service, "DescribeLoadBalancers", marker.map { ["Marker": .string($0)] } ?? [:],
        "the load balancer \(plain)")
      for balancer in answer[list]?.elements ?? []
      where balancer["DNSName"]?.string?.lowercased() == plain { return balancer[zone]?.string }
      marker = answer["NextMarker"]?.string
      if marker?.isEmpty != false { return nil }
    }
    return nil
  }

  private func api(_ name: String, _ region: String) async throws(Failure) -> String? {
    var position: String?
    for _ in 0..<Self.pagesMax {
      let more = position.map { "&position=\(URLTemplate.encoded($0))" } ?? ""
      let answer = try await question(region).ask(
        "apigateway", "GetDomainNames", .null, "the name \(name) of API Gateway",
        route: ("GET", "/domainnames?limit=500\(more)"), headers: [("Accept", "application/json")])
      for domain in answer["item"]?.elements ?? []
      where domain["regionalDomainName"]?.string?.lowercased() == name {
        return domain["regionalHostedZoneId"]?.string
      }
      position = answer["position"]?.string
      if position?.isEmpty != false { return nil }
    }
    return nil
  }

  private func question(_ region: String) -> CloudQuestion {
    CloudQuestion(site: site, account: CloudAccount(region: region, profile: profile, role: role))
  }
}
