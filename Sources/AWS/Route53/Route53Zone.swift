package import Resources
import Synchronization
import Wire

extension Provider {
  /// Hosted zones of Amazon Route 53.
  package static func route53(in session: AWSSession) -> Provider {
    Provider(
      scheme: "route53", summary: "A hosted zone of Amazon Route 53.",
      example: "route53://Z0123456789ABC",
      parameters: Parameter.credentials + [
        Parameter("name", "The zone's name where its id is not given, such as example.org."),
        Parameter(
          "servers",
          "Name servers that must confirm changes (host:port,…), or none; else the zone's own."),
        Parameter("private", "With 'name': true for the private zone of that name, false for not."),
      ],
      open: .zone { url, context throws(Failure) in
        try Route53Zone(url, in: session, purpose: context.purpose)
      },
      permissions: { (url, use) throws(Failure) in
        Route53Zone.permissions(url, use, session.partition(at: url.namedPlace))
      })
  }
}

/// A hosted zone, `route53://zone-id` or `route53://?name=example.org`.
///
/// A change is one batch, made whole or not at all, and refused by Route 53 itself when the zone
/// holds something else than was read. It returns when Route 53 calls the change INSYNC: all of
/// its servers have it.
struct Route53Zone: DNSZone {
  private static let version = "/2013-04-01"
  /// Route 53 says that changes usually take less than a minute.
  private static let syncLimit: Duration = .seconds(600)
  private static let firstPause: Duration = .seconds(1)
  private static let longestPause: Duration = .seconds(10)
  /// An account has five requests a second, for all that it does.
  private static let requestPause: Duration = .milliseconds(250)

  let url: ResourceURL
  private let client: AWSClient
  /// Nil for those of the zone's delegation set.
  private let namedServers: [NameServer]?
  private let memory = Memory()

  private struct Zone {
    let id: String
    let origin: String
    let isPrivate: Bool
    let servers: [NameServer]
  }

  private final class Memory: Sendable {
    struct Content {
      var zone: Zone?
      var next = Timestamp(milliseconds: 0)
      /// Names whose last change was seen to be everywhere.
      var published: Set<String> = []
    }
    let content = Mutex(Content())
  }

  init(_ url: ResourceURL, in session: AWSSession, purpose: String?) throws(Failure) {
    self.url = url
    guard url.path.isEmpty, url.authority.isEmpty != (url.parameter("name") == nil) else {
      throw .permanent(
        "'\(url)' does not name a hosted zone",
        hint: "Write route53://zone-id, or route53://?name=example.org.")
    }
    namedServers = try url.parameter("servers").map { text throws(Failure) in
      try Self.servers(text, of: url)
    }
    var place = url.namedPlace
    // The service is one for all regions, and so is the way to it.
    place.region = (try? session.region(at: place)) ?? "us-east-1"
    client = try session.client(.route53, at: place, purpose: purpose)
  }

  static func permissions(
    _ url: ResourceURL, _ use: ResourceUse, _ partition: CloudPartition
  ) -> [Permission] {
    let id = url.authority.isEmpty ? "*" : url.authority
    let base = "arn:\(partition.rawValue):route53:::"
    let zone = "\(base)hostedzone/\(id)"
    let profile = url.parameter("profile")
    func permit(_ action: String, _ resource: String) -> Permission {
      Permission("route53:\(action)", on: resource, profile: profile)
    }
    let byName =
      url.authority.isEmpty ? [permit("ListHostedZonesByName", "*")] : []
    let look = byName + [permit("GetHostedZone", zone)]
    let read = look + [permit("ListResourceRecordSets", zone)]
    return switch use {
    case .look: look
    case .read: read
    case .write, .create, .destroy:
      read + [
        permit("ChangeResourceRecordSets", zone), permit("GetChange", "\(base)change/*"),
      ]
    }
  }

  // MARK: The zone

  func origin() async throws(Failure) -> String { try await zone().origin }

  func servers() async throws(Failure) -> [NameServer] {
    if let namedServers { return namedServers }
    return try await zone().servers
  }

  private static func servers(
    _ text: String, of url: ResourceURL
  ) throws(Failure) -> [NameServer] {
    var servers: [NameServer] = []
    for part in text.split(separator: ",") where part != "none" {
      let colon = part.lastIndex(of: ":")
      guard let colon, let port = Int(part[part.index(after: colon)...]), colon > part.startIndex
      else {
        throw .permanent(
          "\(url): '\(part)' is not host:port", hint: "Write servers=host:port,… or servers=none.")
      }
      servers.append(NameServer(host: String(part[..<colon]), port: port))
    }
    return servers
  }

  func serial() async throws(Failure) -> UInt32? { nil }

  func seclusion() async throws(Failure) -> String? {
    guard namedServers == nil else { return nil }
    return try await zone().isPrivate
      ? "\(url) is a private zone: only its own networks can ask its servers" : nil
  }

  private func zone() async throws(Failure) -> Zone {
    if let known = memory.content.withLock({ $0.zone }) { return known }
    let id = url.authority.isEmpty ? try await find() : url.authority
    let answer = try await get(
      "GetHostedZone", "/hostedzone/\(PercentEncoding.escape(id))",
      needed: "HostedZone")
    let name = answer.at("HostedZone", "Name")?.text ?? ""
    let hosts = answer.at("DelegationSet", "NameServers")?.all("NameServer") ?? []
    let zone = Zone(
      id: id, origin: Route53Text.name(name),
      isPrivate: answer.at("HostedZone", "Config", "PrivateZone")?.text == "true",
      servers: hosts.map { NameServer(host: $0.text, port: 53) })
    guard !name.isEmpty else {
      throw .transient("\(url): Route 53 describes no zone", hint: "Try again.")
    }
    memory.content.withLock { $0.zone = zone }
    return zone
  }

  /// The id of the only zone of the name; several are refused, because any could be meant.
  private func find() async throws(Failure) -> String {
    let wanted = Route53Text.name(url.parameter("name") ?? "")
    let answer = try await get(
      "ListHostedZonesByName", "/hostedzonesbyname",
      [("dnsname", Route53Text.sent(name: wanted))], needed: "HostedZones")
    var zones = (answer.first("HostedZones")?.all("HostedZone") ?? []).filter {
      Route53Text.name($0.text("Name") ?? "") == wanted
    }
    if let kind = url.parameter("private") {
      zones.removeAll { ($0.at("Config", "PrivateZone")?.text == "true") != (kind == "true") }
    }
    let ids = zones.compactMap { $0.text("Id")?.split(separator: "/").last.map(String.init) }
    guard let id = ids.first else {
      throw .permanent(
        "\(url): there is no such zone in this account", hint: "Check the name and the profile.")
    }
    guard ids.count == 1 else {
      throw .refused(
        "\(url): \(ids.count) zones have that name: \(ids.joined(separator: ", "))",
        hint: "Name one by its id, as route53://\(id), or say private=true or private=false.")
    }
    return id
  }

  // MARK: Records

  func recordSets(at name: String) async throws(Failure) -> [RecordSet] {
    try await held(at: Route53Text.name(name)).map(\.set)
  }

  /// Every set at the name, all pages.
  private func held(at name: String) async throws(Failure) -> [Route53Records.Held] {
    let zone = try await zone()
    var found: [Route53Records.Held] = []
    var query: [(String, String?)] = [("name", Route53Text.sent(name: name))]
    while true {
      let answer = try await get(
        "ListResourceRecordSets", "/hostedzone/\(PercentEncoding.escape(zone.id))/rrset", query,
        needed: "ResourceRecordSets", "IsTruncated")
      let page = (answer.first("ResourceRecordSets")?.all("ResourceRecordSet") ?? [])
        .map(Route53Records.held)
      // The listing begins at the name or behind it.
      let own = page.prefix { $0.set.name == name }
      found += own
      guard own.count == page.count, answer.text("IsTruncated") == "true",
        let next = answer.text("NextRecordName"), Route53Text.name(next) == name
      else { return found }
      let following: [(String, String?)] =
        [("name", next)] + (answer.text("NextRecordType").map { [("type", $0)] } ?? [])
        + (answer.text("NextRecordIdentifier").map { [("identifier", $0)] } ?? [])
      guard !following.elementsEqual(query, by: { $0 == $1 }) else {
        throw .transient("\(url) lists the same page again and again", hint: "Try again.")
      }
      query = following
    }
  }

  func replace(
    at name: String, former: [RecordSet], with wanted: [RecordSet]
  ) async throws(Failure) {
    let zone = try await zone()
    let change = try Route53Change(at: name, former: former, wanted: wanted, in: zone.origin)
    var making = "CREATE"
    var hasTried = false
    while true {
      let present = try await held(at: change.name)
      guard try change.isNeeded(given: present.map(\.set)) else {
        if hasTried { _ = try await awaitPublication(at: change.name) }
        return
      }
      let batch = try change.batch(present, making: making)
      memory.content.withLock { _ = $0.published.remove(change.name) }
      do throws(AWSFailure) {
        try await send(batch, to: zone, change.name)
        return
      } catch {
        guard error.code == "InvalidChangeBatch" else { throw error.failure(url) }
        // Either the answer to the first try was lost or somebody was faster, which the next look
        // shows; or the creation is checked before the deletion of the same batch.
        guard !hasTried || making == "CREATE" && change.isGuarded else {
          throw .refused(
            "\(url) refuses the change of \(change.name): \(error.failure(url).summary)",
            hint: "Look at the zone; another set may be in the way.")
        }
        if hasTried || change.isGuarded { making = "UPSERT" }
        hasTried = true
      }
    }
  }

  func awaitPublication(at name: String) async throws(Failure) -> Bool {
    let name = Route53Text.name(name)
    if memory.content.withLock({ $0.published.contains(name) }) { return true }
    let zone = try await zone()
    let present = try await held(at: name).filter { !Self.fixedTypes.contains($0.set.type) }
    guard let first = present.first else { return true }
    // A change that changes nothing is in sync only after those before it.
    do throws(AWSFailure) {
      do throws(AWSFailure) {
        try await send(Route53Change.repetition(of: first, making: "CREATE"), to: zone, name)
      } catch {
        guard error.code == "InvalidChangeBatch" else { throw error }
        try await send(Route53Change.repetition(of: first, making: "UPSERT"), to: zone, name)
      }
    } catch {
      throw error.failure(url)
    }
    return true
  }

  private static let fixedTypes: Set<String> = ["SOA", "NS"]

  /// Sends a batch and waits until all servers of Route 53 have it.
  private func send(_ batch: String, to zone: Zone, _ name: String) async throws(AWSFailure) {
    try await takeTurn("ChangeResourceRecordSets")
    let reply = try await client.send(
      AWSCall(
        "ChangeResourceRecordSets",
        path: "\(Self.version)/hostedzone/\(PercentEncoding.escape(zone.id))/rrset/",
        headers: ["Content-Type": "application/xml"], body: Array(batch.utf8)))
    let info = try client.xml(reply, "ChangeResourceRecordSets").first("ChangeInfo")
    guard let id = info?.text("Id")?.split(separator: "/").last else {
      throw AWSFailure(
        .malformed("it names no change"), operation: client.name("ChangeResourceRecordSets"))
    }
    try await awaitSync(String(id), info?.text("Status"), name)
    memory.content.withLock { _ = $0.published.insert(name) }
  }

  private func awaitSync(
    _ id: String, _ first: String?, _ name: String
  ) async throws(AWSFailure) {
    let clock = client.session.clock
    let deadline = clock.now() + Self.syncLimit
    var status = first
    var pause = Self.firstPause
    while status != "INSYNC" {
      guard clock.now() < deadline else {
        throw AWSFailure(
          .local(
            .transient(
              "\(url): the change \(id) of \(name) is made, but not on all servers after "
                + "\(Self.syncLimit.wholeMilliseconds / 1000) s",
              hint: "See the health of Route 53, then carry on with 'cutover resume'.")),
          operation: client.name("GetChange"))
      }
      do throws(CancellationError) {
        try await clock.sleep(for: pause)
      } catch {
        throw AWSFailure(.local(.cancelled), operation: client.name("GetChange"))
      }
      pause = min(pause * 2, Self.longestPause)
      try await takeTurn("GetChange")
      let reply = try await client.send(
        AWSCall(
          "GetChange", method: "GET", path: "\(Self.version)/change/\(PercentEncoding.escape(id))"))
      status = try client.answer(reply, "GetChange").at("ChangeInfo", "Status")?.text
    }
  }

  // MARK: Requests

  /// Asks; an answer without what is needed of it is not the service's own.
  private func get(
    _ operation: String, _ path: String, _ query: [(String, String?)] = [], needed: String...
  ) async throws(Failure) -> XMLNode {
    do throws(AWSFailure) {
      try await takeTurn(operation)
      let reply = try await client.send(
        AWSCall(
          operation, method: "GET", path: Self.version + path,
          query: query.map { (name: $0.0, value: $0.1) }))
      let root = try client.answer(reply, operation)
      for name in needed where root.first(name) == nil {
        throw AWSFailure(.malformed("it has no '\(name)'"), operation: client.name(operation))
      }
      return root
    } catch {
      if error.code == "NoSuchHostedZone" {
        throw .permanent(
          "\(url): there is no such zone in this account", hint: "Check the id and the profile.")
      }
      throw error.failure(url)
    }
  }

  /// Keeps the requests of this zone below the account's rate.
  private func takeTurn(_ operation: String) async throws(AWSFailure) {
    let clock = client.session.clock
    let now = clock.now()
    let turn = memory.content.withLock { content in
      let turn = max(content.next, now)
      content.next = turn + Self.requestPause
      return turn
    }
    guard turn > now else { return }
    do throws(CancellationError) {
      try await clock.sleep(until: turn)
    } catch {
      throw AWSFailure(.local(.cancelled), operation: client.name(operation))
    }
  }
}
