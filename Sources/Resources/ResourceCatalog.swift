/// The providers that the program was built with, and the way from a URL to what it names.
package struct ResourceCatalog: Sendable {
  package let providers: [Provider]

  package init(_ providers: [Provider]) { self.providers = providers }

  /// Says what is wrong with a URL that should name a `kind`; nothing is opened.
  package func problem(with url: ResourceURL, as kind: ResourceKind) -> String? {
    let known = providers.filter { $0.scheme == url.scheme }
    guard !known.isEmpty else {
      let schemes = providers.filter { $0.kind == kind }.map { "\($0.scheme)://" }
      return "no provider for '\(url.scheme)://'; a \(kind.noun) can be "
        + (schemes.isEmpty ? "nothing in this build" : schemes.joined(separator: ", "))
    }
    guard let provider = known.first(where: { $0.kind == kind }) else {
      return "'\(url.scheme)://' names a \(known[0].kind.noun), not a \(kind.noun)"
    }
    for item in url.query where !provider.parameters.contains(where: { $0.name == item.name }) {
      let names = provider.parameters.map(\.name).joined(separator: ", ")
      return "'\(url.scheme)://' has no parameter '\(item.name)'"
        + (names.isEmpty ? "" : "; it has \(names)")
    }
    return nil
  }

  package func table(
    _ url: ResourceURL, in context: ProviderContext
  ) throws(Failure) -> any TableStore {
    guard case .table(let open) = try opener(url, .table) else { throw wrongKind(url, .table) }
    return try open(url, context)
  }

  package func bucket(
    _ url: ResourceURL, in context: ProviderContext
  ) throws(Failure) -> any BucketStore {
    guard case .bucket(let open) = try opener(url, .bucket) else { throw wrongKind(url, .bucket) }
    return try open(url, context)
  }

  package func users(
    _ url: ResourceURL, in context: ProviderContext
  ) throws(Failure) -> any UserDirectory {
    guard case .users(let open) = try opener(url, .users) else { throw wrongKind(url, .users) }
    return try open(url, context)
  }

  package func zone(
    _ url: ResourceURL, in context: ProviderContext
  ) throws(Failure) -> any DNSZone {
    guard case .zone(let open) = try opener(url, .zone) else { throw wrongKind(url, .zone) }
    return try open(url, context)
  }

  package func stack(
    _ url: ResourceURL, in context: ProviderContext
  ) throws(Failure) -> any StackDeployer {
    guard case .stack(let open) = try opener(url, .stack) else { throw wrongKind(url, .stack) }
    return try open(url, context)
  }

  package func values(
    _ url: ResourceURL, in context: ProviderContext
  ) throws(Failure) -> any ValueStore {
    guard case .values(let open) = try opener(url, .values) else { throw wrongKind(url, .values) }
    return try open(url, context)
  }

  private func opener(
    _ url: ResourceURL, _ kind: ResourceKind
  ) throws(Failure) -> Provider.Opener {
    if let problem = problem(with: url, as: kind) {
      throw .permanent("\(url): \(problem)", hint: "See 'cutover providers'.")
    }
    guard let provider = providers.first(where: { $0.scheme == url.scheme && $0.kind == kind })
    else { throw wrongKind(url, kind) }
    return provider.opener
  }

  private func wrongKind(_ url: ResourceURL, _ kind: ResourceKind) -> Failure {
    .permanent("\(url) is not a \(kind.noun)", hint: "See 'cutover providers'.")
  }
}
