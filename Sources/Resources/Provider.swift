/// What kind of thing a resource URL names.
package enum ResourceKind: String, Sendable, Hashable, Codable, CaseIterable {
  case table
  case bucket
  case users
  case zone
  case stack
  case values

  /// How messages name one.
  package var noun: String { self == .values ? "store of values" : rawValue }
}

/// What a provider gets to work with; nothing in it is global.
package struct ProviderContext: Sendable {
  package let secrets: Secrets
  package let clock: any WallClock
  /// Who asks, as audit trails may show it: the rollout and the step, such as `r42-deploy-b`.
  package var purpose: String?

  /// What the purpose of all previews begins with, in place of a rollout.
  package static let previewPurpose = "preview"

  package init(secrets: Secrets, clock: any WallClock, purpose: String? = nil) {
    self.secrets = secrets
    self.clock = clock
    self.purpose = purpose
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
    case values(@Sendable (ResourceURL, ProviderContext) throws(Failure) -> any ValueStore)
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
  /// The rights that a use of a resource takes; none for what needs no rights but the system's.
  package let permissions: @Sendable (ResourceURL, ResourceUse) throws(Failure) -> [Permission]
  /// The rights that a special use takes beyond the plain ones of the same step.
  package let specialPermissions:
    @Sendable (ResourceURL, SpecialUse) throws(Failure) -> [Permission]

  /// `open` must not touch the resource: a URL can be checked where nothing exists yet.
  package init(
    scheme: String, summary: String, example: String, parameters: [Parameter] = [], open: Opener,
    permissions:
      @escaping @Sendable (ResourceURL, ResourceUse) throws(Failure) -> [Permission] =
      { (_, _) throws(Failure) in [] },
    specialPermissions:
      @escaping @Sendable (ResourceURL, SpecialUse) throws(Failure) -> [Permission] =
      { (_, _) throws(Failure) in [] }
  ) {
    self.scheme = scheme
    self.summary = summary
    self.example = example
    self.parameters = parameters
    opener = open
    self.permissions = permissions
    self.specialPermissions = specialPermissions
  }

  package var kind: ResourceKind {
    switch opener {
    case .table: .table
    case .bucket: .bucket
    case .users: .users
    case .zone: .zone
    case .stack: .stack
    case .values: .values
    }
  }
}
