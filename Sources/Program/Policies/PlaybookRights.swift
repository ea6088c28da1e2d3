internal import JSON
internal import Resources
internal import Rollouts

/// The rights that a playbook takes in either direction, read off it without asking anybody.
///
/// `plan` gets what looks, `destroy` what the steps take that cannot be taken back, `apply` all
/// else, undo included. What cannot be told from the playbook is said in `notes`.
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
    let programs = playbook.steps.filter { $0.uses == "command.run" }.map(\.id)
    if !programs.isEmpty {
      note("what the programs of \(programs.joined(separator: ", ")) take cannot be known")
    }
  }

  private mutating func add(
    _ right: StepRight, of step: String, _ role: PolicyRole
  ) throws(Failure) {
    switch right {
    case .use(let url, let use): try add(url, use, of: step, use == .look ? [.plan, role] : [role])
    case .call(let use): try add(use, of: step, [role])
    case .look(let use): try add(use, of: step, [.plan, role])
    case .unknown(let what): note("step \(step): \(what) cannot be known")
    }
  }

  private mutating func add(
    _ url: ResourceURL, _ use: ResourceUse, of step: String, _ roles: [PolicyRole]
  ) throws(Failure) {
    guard let provider = wiring.resources.providers.first(where: { $0.scheme == url.scheme })
    else { return }
    let permissions = try provider.permissions(url, use)
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
      try add(live.zone, .read, of: "live", roles)
      for stack in [live.blue.stack, live.green.stack].compactMap(\.self) {
        try add(stack, .look, of: "live", roles)
      }
    } catch {
      note("the section 'live': \(error.summary)")
    }
  }

  /// Whoever drives tells topics what happens, whichever way it goes.
  private mutating func addTopics(of playbook: Playbook) {
    let roles = [PolicyRole.apply] + (needs.contains { $0.role == .destroy } ? [.destroy] : [])
    for channel in playbook.notify {
      do throws(Failure) {
        switch channel.target {
        case .topic(let arn, let place):
          try add(CloudUse("sns", "Publish", at: place, on: arn), of: "notify", roles)
        case .webhook(let url, let secret):
          try addSecrets(in: .array([.string(url), .string(secret)]), of: "notify", roles)
        }
      } catch {
        note("the section 'notify': \(error.summary)")
      }
    }
  }

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
