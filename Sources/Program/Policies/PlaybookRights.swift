internal import JSON
internal import Resources
internal import Rollouts

/// The rights that a playbook takes in either direction, read off it without asking anybody.
///
/// `plan` gets what planning takes, `destroy` what the steps take that cannot be taken back, `apply`
/// all else, undo included, and what planning takes too, since whoever begins a rollout plans it
/// first. What cannot be told from the playbook is said in `notes`.
struct PlaybookRights: Sendable {
  private(set) var needs: Set<RightNeed> = []
  private(set) var notes: [String] = []
  private let wiring: Wiring

  init(_ playbook: Playbook, _ wiring: Wiring) {
    self.wiring = wiring
    for step in playbook.steps {
      guard let action = wiring.actions.action(named: step.uses) else { continue }
      let role = action.reversal.isReversible ? PolicyRole.apply : .destroy
      for from in Colour.allCases {
        do throws(Failure) {
          let input = try playbook.foreseenInput(of: step.id, from: from, unknown: "*")
          for right in try action.rights(of: input) { try add(right, of: step.id, role) }
          try addSecrets(in: input, of: step.id, [role])
        } catch {
          note("step \(step.id): \(error.summary)")
        }
      }
    }
    addLive(of: playbook)
    addTopics(of: playbook)
    addQuestions()
    let programs = playbook.steps.filter { $0.uses == "command.run" }.map(\.id)
    if !programs.isEmpty {
      note("what the programs of \(programs.joined(separator: ", ")) take cannot be known")
    }
  }

  private mutating func add(
    _ right: StepRight, of step: String, _ role: PolicyRole
  ) throws(Failure) {
    let planning: [PolicyRole] = role == .apply ? [.plan, .apply] : [.plan, .apply, role]
    switch right {
    case .use(let url, .look): try add(url, of: step, planning) { ($0.permissions, .look) }
    case .use(let url, let use): try add(url, of: step, [role]) { ($0.permissions, use) }
    case .values(let url, let use):
      try add(url, isValues: true, of: step, use == .look ? planning : [role]) {
        ($0.permissions, use)
      }
    case .planned(let url, let use): try add(url, of: step, planning) { ($0.permissions, use) }
    case .special(let url, let use):
      try add(url, of: step, Self.isPlanned(use) ? planning : [role]) {
        ($0.specialPermissions, use)
      }
    case .operations(let url, let names, let isPlanned):
      try add(url, names, of: step, isPlanned ? planning : [role])
    case .call(let use): try add(use, of: step, [role])
    case .look(let use): try add(use, of: step, planning)
    case .reveal(let texts):
      try addSecrets(in: .array(texts.map { .string($0) }), of: step, planning)
    case .unknown(let what): note("step \(step): \(what) cannot be known")
    }
  }

  /// A file for a service to read is put there while planning: the service reads it then.
  private static func isPlanned(_ use: SpecialUse) -> Bool {
    switch use {
    case .foresee, .survey, .deposit, .fetch, .lookBack, .regard: true
    case .clear, .remake, .backUp, .restore, .export, .takeExport: false
    case .readHistory, .writeHistory, .readLocks, .writeLocks, .readLists, .writeLists: false
    }
  }

  private typealias Rule<Use> =
    @Sendable (ResourceURL, Use) throws(Failure) -> [Permission]

  /// Where values are kept may have the scheme of tables too.
  private func provider(of url: ResourceURL, isValues: Bool = false) -> Provider? {
    wiring.resources.providers.first {
      $0.scheme == url.scheme && ($0.kind == .values) == isValues
    }
  }

  private mutating func add<Use>(
    _ url: ResourceURL, isValues: Bool = false, of step: String, _ roles: [PolicyRole],
    _ choose: (Provider) -> (Rule<Use>, Use)
  ) throws(Failure) {
    guard let provider = provider(of: url, isValues: isValues) else { return }
    let (rule, use) = choose(provider)
    let permissions = try rule(url, use)
    try add(permissions, on: url, of: step, roles)
  }

  /// Operations by name, on the resources that a look at the URL names.
  private mutating func add(
    _ url: ResourceURL, _ names: [String], of step: String, _ roles: [PolicyRole]
  ) throws(Failure) {
    guard let looks = try provider(of: url)?.permissions(url, .look), let first = looks.first
    else { return }
    let service = first.action.prefix { $0 != ":" }
    let resources = Set(looks.map(\.resource)).subtracting(["*"]).sorted()
    try add(
      resources.flatMap { resource in
        names.map { Permission("\(service):\($0)", on: resource, profile: first.profile) }
      }, on: url, of: step, roles)
  }

  private mutating func add(
    _ permissions: [Permission], on url: ResourceURL, of step: String, _ roles: [PolicyRole]
  ) throws(Failure) {
    add(
      permissions, url.parameter("profile"), permissions.isEmpty ? nil : url.parameter("role"),
      of: step, roles)
    try addSecrets(in: .string(url.text), of: step, roles)
  }

  private mutating func add(
    _ use: CloudUse, of step: String, _ roles: [PolicyRole]
  ) throws(Failure) {
    add(
      try wiring.cloud.permissions(for: use), use.place.profile, use.place.role, of: step, roles)
  }

  private mutating func add(
    _ permissions: [Permission], _ profile: String?, _ role: String?, of step: String,
    _ roles: [PolicyRole]
  ) {
    let credentials = RightNeed.Credentials(profile: profile, role: role)
    for policy in roles {
      for permission in permissions {
        needs.insert(
          RightNeed(
            credentials: credentials, role: policy, step: step, action: permission.action,
            resource: permission.resource))
      }
      guard let role else { continue }
      // Whoever takes a role on must be allowed to.
      needs.insert(
        RightNeed(
          credentials: .init(profile: profile), role: policy, step: step,
          action: "sts:AssumeRole", resource: role))
    }
  }

  /// What is asked before each rollout, and again before anything is destroyed.
  private mutating func addLive(of playbook: Playbook) {
    do throws(Failure) {
      guard let live = try playbook.liveIndicator() else { return }
      let roles =
        [PolicyRole.plan, .apply] + (needs.contains { $0.role == .destroy } ? [.destroy] : [])
      if let record = live.record {
        try add(record.zone, of: "live", roles) { ($0.permissions, .read) }
      }
      if let store = live.store {
        try add(store.url, isValues: true, of: "live", roles) { ($0.permissions, .read) }
      }
      for sign in live.blue.functions + live.green.functions {
        try add(sign.use, of: "live", roles)
      }
      for stack in [live.blue.stack, live.green.stack].compactMap(\.self) {
        try add(stack, of: "live", roles) { ($0.permissions, .look) }
      }
    } catch {
      note("the section 'live': \(error.summary)")
    }
  }

  /// Whoever drives tells topics what happens, whichever way it goes; planning looks for them.
  private mutating func addTopics(of playbook: Playbook) {
    let roles = [PolicyRole.apply] + (needs.contains { $0.role == .destroy } ? [.destroy] : [])
    for channel in playbook.notify {
      do throws(Failure) {
        switch channel.target {
        case .topic(let arn, let place):
          try add(CloudUse("sns", "Publish", at: place, on: arn), of: "notify", roles)
          try add(CloudUse("sns", "GetTopicAttributes", at: place, on: arn), of: "notify", [.plan])
        case .webhook(let url, let secret):
          try addSecrets(in: .array([.string(url), .string(secret)]), of: "notify", roles)
        }
      } catch {
        note("the section 'notify': \(error.summary)")
      }
    }
  }

  /// What it takes to ask IAM beforehand whether all the other rights are there.
  private mutating func addQuestions() {
    let holders = Dictionary(grouping: needs, by: \.credentials)
    for (credentials, needs) in holders {
      // Names begin with the partition: one holder's resources are all in one.
      let partition = needs.lazy.compactMap { Self.partition(of: $0.resource) }.first ?? "aws"
      let role = "arn:\(partition):iam::*:role/*"
      let user = "arn:\(partition):iam::*:user/*"
      for (action, resource) in [
        ("sts:GetCallerIdentity", "*"), ("iam:GetRole", role),
        ("iam:SimulatePrincipalPolicy", role), ("iam:SimulatePrincipalPolicy", user),
      ] {
        self.needs.insert(
          RightNeed(
            credentials: credentials, role: .plan, step: Self.asking, action: action,
            resource: resource))
      }
    }
  }

  private static func partition(of name: String) -> String? {
    let fields = name.split(separator: ":", maxSplits: 2)
    return fields.count == 3 && fields[0] == "arn" ? String(fields[1]) : nil
  }

  /// What stands for a step where the plan itself is meant.
  private static let asking = "plan"

  private mutating func addSecrets(
    in value: JSONValue, of step: String, _ roles: [PolicyRole]
  ) throws(Failure) {
    switch value {
    case .string(let text):
      for (kind, name) in SecretReference.all(in: text) {
        guard let use = try CloudSecrets.use(kind, name) else { continue }
        try add(use, of: step, roles)
        if kind == "ssm" || kind == "secretsmanager" {
          note(
            "step \(step): a secret that a key of your own encrypts takes kms:Decrypt on it too")
        }
      }
    case .array(let elements):
      for element in elements { try addSecrets(in: element, of: step, roles) }
    case .object(let members):
      for member in members { try addSecrets(in: member.value, of: step, roles) }
    case .null, .bool, .number: return
    }
  }

  private mutating func note(_ text: String) {
    if !notes.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { notes.append(text) }
  }
}
