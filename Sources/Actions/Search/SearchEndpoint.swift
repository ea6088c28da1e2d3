import Resources

/// The address at which a search domain answers about its documents.
///
/// Plain HTTP is for this machine alone: elsewhere anybody on the way could read and change it.
struct SearchEndpoint: Hashable, Sendable {
  /// Scheme and host, no slash at the end.
  let url: String
  /// False for a word that stands for the output of a step which has not run: nobody is asked there.
  let isKnown: Bool
  /// The region that the host's name tells; nil for a name of another kind.
  let region: String?
  /// The domain that the host's name tells; nil for a name of another kind.
  let domain: String?

  init(_ text: String, of step: String) throws(Failure) {
    func bad(_ why: String) -> Failure {
      .permanent(
        "step \(step): '\(text)' is not the endpoint of a search domain: \(why)",
        hint: "Write its host name, such as search-NAME-….us-east-1.es.amazonaws.com.")
    }
    let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    let scheme = parts.count == 2 ? parts[0].lowercased() : "https"
    let rest = parts[parts.count - 1]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.isEmpty else { throw bad("there is no host") }
    guard !authority.contains("@") else {
      throw bad("credentials do not belong there; requests are signed")
    }
    let host = Self.host(of: authority)
    switch scheme {
    case "https": break
    case "http":
      guard host == "localhost" || host == "[::1]" || host.hasPrefix("127.") else {
        throw bad("only a server on this machine is reached over plain HTTP")
      }
    case _: throw bad("it begins with \(scheme)://")
    }
    var url = "\(scheme)://\(rest)"
    while url.hasSuffix("/") { url.removeLast() }
    self.url = url
    isKnown = host.contains(".") || host == "localhost" || host.hasPrefix("[")
    let labels = host.lowercased().split(separator: ".").map(String.init)
    // search-NAME-HASH.REGION.es.amazonaws.com, or search-NAME-HASH.aos.REGION.on.aws
    let isNewer = labels.count == 5 && labels[1] == "aos" && labels[3...] == ["on", "aws"]
    let isUsual = labels.count >= 5 && labels[2] == "es" && labels[3] == "amazonaws"
    region = isNewer ? labels[2] : isUsual ? labels[1] : nil
    domain = isNewer || isUsual ? Self.domain(of: labels[0]) : nil
  }

  private static func host(of authority: Substring) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[...end])
    }
    return String(authority.prefix { $0 != ":" })
  }

  private static func domain(of label: String) -> String? {
    guard let begin = ["search-", "vpc-"].first(where: { label.hasPrefix($0) }),
      let end = label.lastIndex(of: "-")
    else { return nil }
    let name = label[..<end].dropFirst(begin.count)
    return name.isEmpty ? nil : String(name)
  }

  func place(_ account: CloudPlace) -> CloudPlace {
    // Requests are signed for the region in which the domain is.
    account.moved(to: region)
  }

  /// The rights to make requests of these methods.
  func uses(_ methods: [String], _ account: CloudAccount) -> [CloudUse] {
    let place = place(account.place)
    return methods.map {
      CloudUse(
        "es", "ESHttp\($0)", at: place, on: place.name("es", "domain/\(domain ?? "*")/*"))
    }
  }
}
