internal import JSON
internal import Resources

/// Asks IAM, before anything is changed, whether the rights that a playbook takes are there.
///
/// IAM simulates the policies of whoever calls; nothing is carried out. A no is believed only for a
/// resource whose whole name is known and when the simulation knew every condition. Policies of
/// resources, such as those of buckets, are not in it; those of the organization and boundaries are.
struct PermissionCheck: Sendable {
  /// Names of actions in one request.
  static let actionsMax = 100
  /// More resources than this are not asked about one by one.
  static let resourcesMax = 200
  private static let timeLimit: Duration = .seconds(15)
  private static let pagesMax = 20

  let cloud: any CloudExchange
  let context: ProviderContext
  /// Who will run the steps with the standard credentials; nil for whoever calls.
  var applier: String?
  /// Who will run those that cannot be taken back; nil for the same.
  var destroyer: String?

  private struct Group: Sendable {
    var resource: String
    var actions: [String]
  }

  /// Why a question has no answer.
  private struct Untold: Error {
    var reason: String
  }

  /// What the roles `apply` and `destroy` need, asked for each set of credentials.
  func findings(on needs: Set<RightNeed>) async -> PermissionFindings {
    var findings = PermissionFindings()
    let anywhere = needs.map(\.resource).compactMap(Self.region).min()
    let asked = Dictionary(grouping: needs.filter { $0.role != .plan }) { need in
      Holder(credentials: need.credentials, name: name(for: need))
    }
    for (holder, needs) in asked.sorted(by: { $0.key < $1.key }) {
      do throws(Untold) {
        try await ask(holder, needs, or: anywhere, &findings)
      } catch {
        findings.untold.append(
          "cannot tell for \(holder.name ?? holder.credentials.title): \(error.reason)")
      }
    }
    return findings
  }

  /// Whose policies are simulated, and with whose credentials IAM is asked.
  private struct Holder: Hashable, Comparable {
    let credentials: RightNeed.Credentials
    /// A full name; nil for whoever holds the credentials.
    let name: String?

    static func < (left: Self, right: Self) -> Bool {
      (left.credentials, left.name ?? "") < (right.credentials, right.name ?? "")
    }
  }

  private func name(for need: RightNeed) -> String? {
    guard need.credentials.isStandard else { return nil }
    return need.role == .destroy ? destroyer ?? applier : applier
  }

  private func ask(
    _ holder: Holder, _ needs: [RightNeed], or anywhere: String?,
    _ findings: inout PermissionFindings
  ) async throws(Untold) {
    // Both services answer in any region; a playbook that names one needs no other setting.
    let region = needs.map(\.resource).compactMap(Self.region).min() ?? anywhere
    let place = CloudPlace(
      region: region, profile: holder.credentials.profile, role: holder.credentials.role)
    let caller = try await identity(of: holder.name, at: place)
    let principal = try await principal(caller, at: place)
    var steps: [String: Set<String>] = [:]
    var actions: [String: Set<String>] = [:]
    for need in needs {
      let resource = caller.filled(need.resource)
      actions[resource, default: []].insert(need.action)
      steps["\(need.action) \(resource)", default: []].insert(need.step)
    }
    guard actions.count <= Self.resourcesMax else {
      throw Untold(reason: "the playbook names \(actions.count) resources, too many to ask about")
    }
    for (resource, names) in actions.sorted(by: { $0.key < $1.key }) {
      let sorted = names.sorted()
      for start in stride(from: 0, to: sorted.count, by: Self.actionsMax) {
        let chunk = Array(sorted[start..<min(start + Self.actionsMax, sorted.count)])
        let group = Group(resource: resource, actions: chunk)
        var open: [String] = []
        for (action, answer) in try await simulate(group, principal, at: place) {
          switch answer {
          case .granted: findings.grantedCount += 1
          case .unsure: open.append(action)
          case .denied(let reason):
            findings.missing.append(
              .init(
                action: action, resource: resource,
                steps: (steps["\(action) \(resource)"] ?? []).sorted(), principal: principal,
                reason: reason))
          }
        }
        guard !open.isEmpty else { continue }
        findings.untold.append(
          "cannot tell before names and conditions are known whether \(principal) may "
            + "\(open.joined(separator: ", ")) on \(resource)")
      }
    }
  }

  private static func region(of resource: String) -> String? {
    let fields = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard fields.count == 6, !fields[3].isEmpty, !fields[3].contains("*") else { return nil }
    return String(fields[3])
  }

  // MARK: Who

  private func identity(
    of name: String?, at place: CloudPlace
  ) async throws(Untold) -> CallerIdentity {
    if let name {
      guard let named = CallerIdentity(name) else {
        throw Untold(reason: "\(name) is not the ARN of a user or a role")
      }
      return named
    }
    let answer = try await call("sts", "GetCallerIdentity", [:], at: place)
    guard let name = answer["Arn"]?.string, let caller = CallerIdentity(name) else {
      throw Untold(reason: "sts does not say who calls")
    }
    return caller
  }

  private func principal(
    _ caller: CallerIdentity, at place: CloudPlace
  ) async throws(Untold) -> String {
    if case .session(let role) = caller.kind,
      // The name of a session does not tell its role's path.
      let answer = try? await call("iam", "GetRole", ["RoleName": .string(role)], at: place),
      let name = answer["Role"]?["Arn"]?.string
    {
      return name
    }
    guard let principal = caller.principal else {
      let why = caller.kind == .root ? ", the root user, who holds every right" : ""
      throw Untold(
        reason: "IAM does not simulate \(caller.name)\(why); name the role that will run it with "
          + "--principal")
    }
    return principal
  }

  // MARK: What

  private enum Answer {
    case granted
    case denied(String)
    /// A no that rests on what is not known yet.
    case unsure
  }

  private func simulate(
    _ group: Group, _ principal: String, at place: CloudPlace
  ) async throws(Untold) -> [(action: String, answer: Answer)] {
    var input: JSONValue = [
      "PolicySourceArn": .string(principal),
      "ActionNames": .array(group.actions.map { .string($0) }),
      "ResourceArns": .array([.string(group.resource)]),
    ]
    var answers: [(action: String, answer: Answer)] = []
    for _ in 0..<Self.pagesMax {
      let page = try await call("iam", "SimulatePrincipalPolicy", input, at: place)
      for result in page["EvaluationResults"]?.elements ?? [] {
        guard let action = result["EvalActionName"]?.string,
          let decision = result["EvalDecision"]?.string
        else { throw Untold(reason: "IAM gave an answer that cannot be read") }
        answers.append((action, Self.answer(decision, result, group.resource)))
      }
      guard page["IsTruncated"]?.string == "true", let marker = page["Marker"]?.string else {
        break
      }
      input["Marker"] = .string(marker)
    }
    let told = Set(answers.map { $0.action.lowercased() })
    // An action without an answer was neither allowed nor denied.
    return answers
      + group.actions.filter { !told.contains($0.lowercased()) }.map { ($0, .unsure) }
  }

  private static func answer(
    _ decision: String, _ result: JSONValue, _ resource: String
  ) -> Answer {
    if decision == "allowed" { return .granted }
    let unknown = result["MissingContextValues"]?.elements ?? []
    guard !resource.contains("*"), !resource.contains("?"), unknown.isEmpty else { return .unsure }
    return .denied(reason(decision, result))
  }

  private static func reason(_ decision: String, _ result: JSONValue) -> String {
    let organization = result["OrganizationsDecisionDetail"]?["AllowedByOrganizations"]
    let boundary = result["PermissionsBoundaryDecisionDetail"]?["AllowedByPermissionsBoundary"]
    if organization?.string == "false" { return "the organization's policies do not allow it" }
    if boundary?.string == "false" { return "the permissions boundary does not allow it" }
    return decision == "explicitDeny" ? "a policy denies it" : "no policy allows it"
  }

  private func call(
    _ service: String, _ operation: String, _ input: JSONValue, at place: CloudPlace
  ) async throws(Untold) -> JSONValue {
    // Sent once: a server that does not know the call should not hold up the plan.
    let call = CloudCall(
      service: service, operation: operation, place: place, input: input.compact(),
      isRepeatable: false, timeLimit: Self.timeLimit)
    do throws(CloudFailure) {
      let reply = try await cloud.call(call, in: context)
      guard let answer = try? JSONValue(reading: reply.body) else {
        throw .wire(
          .permanent("\(service) gave an answer that cannot be read", hint: ""), wasSent: true)
      }
      return answer
    } catch {
      if case .service(let code, _) = error, code.hasPrefix("AccessDenied") {
        throw Untold(
          reason: "\(service):\(operation) is not allowed here; the policy of 'cutover policy "
            + "--role plan' allows it, and --no-permissions asks nothing")
      }
      if case .service(let code, _) = error, code.hasPrefix("NoSuchEntity") {
        throw Untold(
          reason: "IAM does not know the name that was asked for; for the full name of a role "
            + "with a path, iam:GetRole must be allowed")
      }
      throw Untold(reason: error.failure.summary)
    }
  }
}
