package import Resources

/// Where an action works: the rollout it belongs to and the ways to the outside.
package struct Site: Sendable {
  package let rollout: String
  package let environment: String
  package let step: String
  package let from: Colour
  package let to: Colour
  /// True for `cutover plan`: what earlier steps make does not exist yet.
  package let isPreview: Bool
  /// A folder of this step's own for files that must outlive the process; made on first use.
  package var workFolder: String
  /// Which colour the world outside shows, as the playbook's `live` section says it can be told.
  package let live: LiveIndicator?
  package let outside: Outside
  /// How much the rollout may write to one table in a second, in units of 1 KB begun of an item;
  /// nil is as much as the step's input says.
  package var writeRateMax: Int?
  /// Where the playbook's file stands, from the root; nil for a playbook without a file.
  package var playbookFolder: String?
  /// What the rollout has recorded so far.
  package let record: @Sendable () async -> RolloutRecordView

  /// The ways to the outside; nothing in an action reaches around them.
  package struct Outside: Sendable {
    package let resources: ResourceCatalog
    package let context: ProviderContext
    package let resolver: any DNSResolver
    package let http: any HTTPExchange
    package let transforms: any TransformMaker
    package let cloud: any CloudExchange
    /// Environment of this process, from which steps hand on only what they declare.
    package let processEnvironment: [String: String]

    package init(
      resources: ResourceCatalog, context: ProviderContext, resolver: any DNSResolver,
      http: any HTTPExchange, transforms: any TransformMaker = NoTransforms(),
      cloud: any CloudExchange = NoCloud(), processEnvironment: [String: String]
    ) {
      self.resources = resources
      self.context = context
      self.resolver = resolver
      self.http = http
      self.transforms = transforms
      self.cloud = cloud
      self.processEnvironment = processEnvironment
    }
  }

  package init(
    rollout: String, environment: String, step: String, from: Colour, to: Colour,
    isPreview: Bool, workFolder: String, live: LiveIndicator?, outside: Outside,
    record: @escaping @Sendable () async -> RolloutRecordView
  ) {
    self.rollout = rollout
    self.environment = environment
    self.step = step
    self.from = from
    self.to = to
    self.isPreview = isPreview
    self.workFolder = workFolder
    self.live = live
    self.outside = outside
    self.record = record
  }

  package var clock: any WallClock { outside.context.clock }
  package var secrets: Secrets { outside.context.secrets }

  /// What providers get: who asks stands in it, for the audit trails of clouds.
  package var context: ProviderContext {
    var context = outside.context
    context.purpose = "\(rollout)-\(step)"
    return context
  }

  package func table(_ url: ResourceURL) throws(Failure) -> any TableStore {
    try outside.resources.table(url, in: context)
  }

  package func bucket(_ url: ResourceURL) throws(Failure) -> any BucketStore {
    try outside.resources.bucket(url, in: context)
  }

  package func users(_ url: ResourceURL) throws(Failure) -> any UserDirectory {
    try outside.resources.users(url, in: context)
  }

  package func zone(_ url: ResourceURL) throws(Failure) -> any DNSZone {
    try outside.resources.zone(url, in: context)
  }

  package func stack(_ url: ResourceURL) throws(Failure) -> any StackDeployer {
    try outside.resources.stack(url, in: context)
  }

  package func values(_ url: ResourceURL) throws(Failure) -> any ValueStore {
    try outside.resources.values(url, in: context)
  }
}

/// What an interlock may look at: the fold of the journal so far.
package struct RolloutRecordView: Sendable {
  package struct Step: Sendable {
    package let id: String
    package let action: String
    package let state: StepState
    package let ledgers: [Ledger]
    package let promotes: Bool
    /// How often a person has asked to try it again.
    package let retries: Int

    package init(
      id: String, action: String, state: StepState, ledgers: [Ledger], promotes: Bool,
      retries: Int = 0
    ) {
      self.id = id
      self.action = action
      self.state = state
      self.ledgers = ledgers
      self.promotes = promotes
      self.retries = retries
    }
  }

  package let live: Colour
  package let steps: [Step]

  package init(live: Colour, steps: [Step]) {
    self.live = live
    self.steps = steps
  }
}
