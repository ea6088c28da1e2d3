import JSON
import Resources
import Rollouts

/// The distributions of CloudFront and the alternate names that they answer to.
///
/// Source: the API reference of CloudFront, version 2020-05-31.
struct Distributions: Sendable {
  struct Summary: Sendable {
    let id: String
    let names: [String]

    func has(_ name: String) -> Bool { names.contains { Distributions.isSame($0, name) } }
  }

  /// A distribution as it stands, with the tag that an update must show.
  struct Configuration: Sendable {
    let id: String
    let names: [String]
    let tag: String
    /// Whether it has a certificate for names of its own.
    let takesNames: Bool
    /// The whole configuration as CloudFront wrote it.
    let text: [UInt8]

    func has(_ name: String) -> Bool { names.contains { Distributions.isSame($0, name) } }
  }

  /// How an update ended.
  enum Outcome: Sendable {
    case done
    /// Somebody changed the distribution since it was read.
    case changedMeanwhile
    /// Another distribution still has the name.
    case taken(Failure)
    case refused(Failure)
  }

  private static let root = "/2020-05-31/distribution"
  private static let pagesMax = 100
  private static let pageSize = 100

  let service: CloudService

  init(_ account: CloudAccount, in site: Site) {
    service = CloudService("cloudfront", at: account.place, in: site)
  }

  static func arn(_ id: String, _ account: CloudAccount) -> String {
    "arn:\(CloudPartition.of(account.region).rawValue):cloudfront::*:distribution/\(id)"
  }

  /// Host names do not tell case apart.
  static func isSame(_ left: String, _ right: String) -> Bool {
    left.lowercased().hasSameBytes(as: right.lowercased())
  }

  private static func title(_ id: String) -> String { "the distribution \(id)" }

  /// All distributions of the account, page by page.
  func all() async throws(Failure) -> [Summary] {
    var found: [Summary] = []
    var marker: String?
    for _ in 0..<Self.pagesMax {
      let more = marker.map { "&Marker=\(URLTemplate.encoded($0))" } ?? ""
      let list = try await service.ask(
        "ListDistributions", .null, about: "the distributions",
        route: ("GET", "\(Self.root)?MaxItems=\(Self.pageSize)\(more)"))
      for summary in Self.elements(list["Items"]?["DistributionSummary"] ?? list["Items"]) {
        guard let id = summary["Id"]?.string else { continue }
        found.append(Summary(id: id, names: Self.names(summary["Aliases"])))
      }
      marker = list["NextMarker"]?.string
      guard list["IsTruncated"]?.string == "true", marker?.isEmpty == false else { return found }
    }
    throw .refused(
      "there are more than \(Self.pagesMax * Self.pageSize) distributions here",
      hint: "Name the distributions by their ids.")
  }

  /// The distribution that an id or one of its names stands for.
  static func id(of text: String, among all: [Summary]) throws(Failure) -> String {
    if !text.contains(".") {
      guard let found = all.first(where: { $0.id.hasSameBytes(as: text) }) else {
        throw .permanent(
          "CloudFront has no distribution \(text) here", hint: "Correct its id or the account.")
      }
      return found.id
    }
    guard let found = all.first(where: { $0.has(text) }) else {
      throw .permanent(
        "no distribution here answers to \(text)", hint: "Correct the name or the account.")
    }
    return found.id
  }

  func configuration(of id: String) async throws(Failure) -> Configuration {
    let parsed = try await read(id, keepsXML: false)
    let whole = try await read(id, keepsXML: true)
    guard whole.tag.hasSameBytes(as: parsed.tag),
      let value = try? JSONValue(reading: parsed.body)
    else {
      throw .transient(
        "\(Self.title(id)) was changed while it was read", hint: "It is tried again.")
    }
    let certificate = value["ViewerCertificate"]
    let own = ["ACMCertificateArn", "IAMCertificateId"].contains {
      certificate?[$0]?.string?.isEmpty == false
    }
    return Configuration(
      id: id, names: Self.names(value["Aliases"]), tag: whole.tag,
      takesNames: own, text: whole.body)
  }

  /// The answer as XML, to be written back, or as what can be looked into.
  private func read(
    _ id: String, keepsXML: Bool
  ) async throws(Failure) -> (tag: String, body: [UInt8]) {
    let reply = try await service.reply(
      "GetDistributionConfig", about: Self.title(id),
      route: ("GET", "\(Self.root)/\(URLTemplate.encoded(id))/config"), keepsXML: keepsXML)
    guard let tag = reply.headers.first(where: { $0.name.lowercased() == "etag" })?.value else {
      throw .transient(
        "CloudFront did not say which version of \(Self.title(id)) it showed",
        hint: "It is tried again.")
    }
    return (tag, reply.body)
  }

  /// Whether CloudFront has carried a distribution to all its places, by its status.
  func status(of id: String) async throws(Failure) -> String {
    let answer = try await service.ask(
      "GetDistribution", .null, about: Self.title(id),
      route: ("GET", "\(Self.root)/\(URLTemplate.encoded(id))"))
    return answer["Status"]?.string ?? "unknown"
  }

  /// Writes a distribution back with other names, unless it has changed since it was read.
  func update(
    _ read: Configuration, names: [String]
  ) async throws(Failure) -> Outcome {
    let items = names.map { "<CNAME>\(XMLChild.escaped($0))</CNAME>" }.joined()
    let list = items.isEmpty ? "" : "<Items>\(items)</Items>"
    let new = "<Aliases><Quantity>\(names.count)</Quantity>\(list)</Aliases>"
    guard
      let text = XMLChild(read.text).replacing("Aliases", with: new, after: "CallerReference")
    else {
      throw .permanent(
        "the configuration of \(Self.title(read.id)) is not what is known of CloudFront",
        hint: "Move the name by hand, then 'cutover skip'.")
    }
    return try await outcome(
      try await service.call(
        "UpdateDistribution", .string(String(decoding: text, as: UTF8.self)),
        about: Self.title(read.id),
        route: ("PUT", "\(Self.root)/\(URLTemplate.encoded(read.id))/config"),
        headers: [("If-Match", read.tag)]))
  }

  /// Moves a name from whichever distribution has it, in one request.
  func associate(_ name: String, with id: String) async throws(Failure) -> Outcome {
    let query = "Alias=\(URLTemplate.encoded(name))"
    return try await outcome(
      try await service.call(
        "AssociateAlias", .null, about: Self.title(id),
        route: ("PUT", "\(Self.root)/\(URLTemplate.encoded(id))/associate-alias?\(query)")))
  }

  private func outcome(_ answer: CloudService.Answer) async throws(Failure) -> Outcome {
    switch answer {
    case .answer: return .done
    case .error("PreconditionFailed", _), .error("InvalidIfMatchVersion", _):
      return .changedMeanwhile
    case .error("CNAMEAlreadyExists", let failure): return .taken(failure)
    case .error(_, let failure): return .refused(failure)
    }
  }

  private static func names(_ aliases: JSONValue?) -> [String] {
    let items = aliases?["Items"]
    return elements(items?["CNAME"] ?? items).compactMap(\.string).filter {
      !$0.allSatisfy(\.isWhitespace)
    }
  }

  /// One element that is alone comes without its list.
  private static func elements(_ value: JSONValue?) -> [JSONValue] {
    guard let value else { return [] }
    return value.elements ?? (value.isNull || value.string?.isEmpty == true ? [] : [value])
  }
}
