import Resources

/// Record sets as Route 53's answers have them, and as its requests need them.
enum Route53Records {
  /// One set with its raw values, which a deletion must repeat to the letter.
  struct Held: Sendable {
    let set: RecordSet
    let node: XMLNode
  }

  static func held(_ node: XMLNode) -> Held {
    let type = node.text("Type") ?? ""
    let values = (node.first("ResourceRecords")?.all("ResourceRecord") ?? [])
      .compactMap { $0.text("Value") }.map { Route53Text.value($0, type: type) }
    let alias = node.first("AliasTarget").map { target in
      AliasTarget(
        name: Route53Text.name(target.text("DNSName") ?? ""),
        zone: target.text("HostedZoneId") ?? "",
        evaluatesHealth: target.text("EvaluateTargetHealth")?.lowercased() == "true")
    }
    let ttl = node.text("TTL").flatMap { Int($0) }
    return Held(
      set: RecordSet(
        name: Route53Text.name(node.text("Name") ?? ""), type: type,
        ttlSeconds: ttl ?? AliasTarget.ttlSeconds, values: values, alias: alias,
        setIdentifier: node.text("SetIdentifier"), routing: routing(node),
        healthCheck: node.text("HealthCheckId")), node: node)
  }

  private static func routing(_ node: XMLNode) -> RoutingPolicy? {
    if let id = node.text("TrafficPolicyInstanceId") { return .policyInstance(id) }
    if let weight = node.text("Weight").flatMap({ Int($0) }) { return .weighted(weight) }
    if let region = node.text("Region") { return .latency(region: region) }
    if let failover = node.text("Failover") { return .failover(failover) }
    if let place = node.first("GeoLocation") {
      return .geolocation(
        continent: place.text("ContinentCode"), country: place.text("CountryCode"),
        subdivision: place.text("SubdivisionCode"))
    }
    if node.text("MultiValueAnswer")?.lowercased() == "true" { return .multivalue }
    if let network = node.first("CidrRoutingConfig") {
      return .network(
        collection: network.text("CollectionId") ?? "", location: network.text("LocationName") ?? ""
      )
    }
    if let place = node.first("GeoProximityLocation") {
      return .proximity(
        region: place.text("AWSRegion"), localZoneGroup: place.text("LocalZoneGroup"),
        latitude: place.first("Coordinates")?.text("Latitude"),
        longitude: place.first("Coordinates")?.text("Longitude"),
        bias: place.text("Bias").flatMap { Int($0) })
    }
    return nil
  }

  /// A set to be made.
  static func xml(_ set: RecordSet) -> String {
    var body =
      element("Name", Route53Text.sent(name: set.name)) + element("Type", set.type)
      + (set.setIdentifier.map { element("SetIdentifier", $0) } ?? "")
      + (set.routing.map(xml) ?? "")
    if let alias = set.alias {
      body += wrap(
        "AliasTarget",
        element("HostedZoneId", alias.zone)
          + element("DNSName", Route53Text.sent(name: alias.name))
          + element("EvaluateTargetHealth", alias.evaluatesHealth ? "true" : "false"))
    } else {
      let values = set.values.map {
        wrap("ResourceRecord", element("Value", Route53Text.sent(value: $0)))
      }
      body +=
        element("TTL", String(set.ttlSeconds)) + wrap("ResourceRecords", values.joined())
    }
    body += set.healthCheck.map { element("HealthCheckId", $0) } ?? ""
    return wrap("ResourceRecordSet", body)
  }

  private static func xml(_ routing: RoutingPolicy) -> String {
    switch routing {
    case .weighted(let weight): element("Weight", String(weight))
    case .latency(let region): element("Region", region)
    case .failover(let role): element("Failover", role)
    case .geolocation(let continent, let country, let subdivision):
      wrap(
        "GeoLocation",
        optional("ContinentCode", continent) + optional("CountryCode", country)
          + optional("SubdivisionCode", subdivision))
    case .multivalue: element("MultiValueAnswer", "true")
    case .network(let collection, let location):
      wrap(
        "CidrRoutingConfig",
        element("CollectionId", collection) + element("LocationName", location))
    case .proximity(let region, let group, let latitude, let longitude, let bias):
      wrap(
        "GeoProximityLocation",
        optional("AWSRegion", region) + optional("LocalZoneGroup", group)
          + (latitude == nil
            ? ""
            : wrap(
              "Coordinates", optional("Latitude", latitude) + optional("Longitude", longitude)))
          + optional("Bias", bias.map { String($0) }))
    case .policyInstance(let id): element("TrafficPolicyInstanceId", id)
    }
  }

  /// An element of an answer, written again as it was.
  static func xml(_ node: XMLNode) -> String {
    node.children.isEmpty
      ? element(node.name, node.text) : wrap(node.name, node.children.map(xml).joined())
  }

  static func wrap(_ name: String, _ content: String) -> String { "<\(name)>\(content)</\(name)>" }

  static func element(_ name: String, _ text: String) -> String { wrap(name, escaped(text)) }

  private static func optional(_ name: String, _ text: String?) -> String {
    text.map { element(name, $0) } ?? ""
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
