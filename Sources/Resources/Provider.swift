/// What kind of thing a resource URL names.
package enum ResourceKind: String, Sendable, Hashable, Codable, CaseIterable {
  case table
  case bucket
  case users
  case zone
  case stack
}

/// What a provider gets to work with; nothing in it is global.
package struct ProviderContext: Sendable {
  package let secrets: Secrets
  package let clock: any WallClock

  package init(secrets: Secrets, clock: any WallClock) {
    self.secrets = secrets
    self.clock = clock
  }
}

/// The descriptor of one provider: a value in the provider's file and a line in the program's list.
package struct Provider: Sendable {
  package enum Opener: Sendable {
    case table(@Sendable (ResourceURL, ProviderContext) throws(Failure) -> any TableStore)
    case bucket(@Sendable (ResourceURL, ProviderContext) throws(Failure) -> any BucketStore)
    case users(@Sendable (ResourceURL, ProviderContext) throws(Failure) -> any UserDirectory)
    case zone(@Sendable (ResourceURL, ProviderContext) throws(Failure) -> any DNSZone)
    case stack(@Sendable (ResourceURL, ProviderContext) throws(Failure) -> any StackDeployer)
  }

  package struct Parameter: Sendable {
    package let name: String
    package let help: String

    package init(_ name: String, _ help: String) {
      self.name = name
      self.help = help
    }
  }

  package let scheme: String
  package let summary: String
  package let example: String
  package let parameters: [Parameter]
  package let opener: Opener

  /// `open` must not touch the resource: a URL can be checked where nothing exists yet.
  package init(
    scheme: String, summary: String, example: String, parameters: [Parameter] = [], open: Opener
  ) {
    self.scheme = scheme
    self.summary = summary
    self.example = example
    self.parameters = parameters
    opener = open
  }

  package var kind: ResourceKind {
    switch opener {
    case .table: .table
    case .bucket: .bucket
    case .users: .users
    case .zone: .zone
    case .stack: .stack
    }
  }
}
