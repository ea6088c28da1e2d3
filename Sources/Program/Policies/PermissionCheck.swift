internal import JSON
internal import Resources

/// Asks IAM, before anything is changed, whether the rights that a playbook takes are there.
///
/// IAM simulates the policies of whoever calls; nothing is carried out. A no is believed only for a
/// resource whose whole name is known and when the simulation knew every condition. Policies of
/// resources, such as those of buckets, are not in it.
struct PermissionCheck: Sendable {
  /// Names of actions in one request.
  static let actionsMax = 100
  /// More resources than this are not asked about one by one.
  static let resourcesMax = 200
  private static let timeLimit: Duration = .seconds(15)
  private static let pagesMax = 20

  let cloud: any CloudExchange
  let context: ProviderContext

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
    let asked = needs.filter { $0.role != .plan }
    for (credentials, needs) in Dictionary(grouping: asked, by: \.credentials)
      .sorted(by: { $0.key < $1.key })
    {
      do throws(Untold) {
        try await ask(credentials, needs, &findings)
      } catch {
        findings.untold.append("cannot tell for \(credentials.title): \(error.reason)")
      }
    }
    return findings
  }

  private func ask(
    _ credentials: RightNeed.Credentials, _ needs: [RightNeed],
    _ findings: inout PermissionFindings
  ) async throws(Untold) {
    // Both services answer in any region; a playbook that names one needs no other setting.
    let region = needs.map(\.resource).compactMap(Self.region).min()
    let place = CloudPlace(
      region: region, profile: credentials.profile, role: credentials.role)
    let caller = try await identity(at: place)
    let principal = try await principal(caller, at: place)
    var steps: [String: Set<String>] = [:]
    var actions: [String: Set<String>] = [:]
    for need in needs {
      let resource = caller.filled(need.resource)
      actions[resource, default: []].insert(need.action)
      steps["\(need.action) \(resource)", default: []].insert(need.step)
    }
    var open: [String] = []
    guard actions.count <= Self.resourcesMax else {
      throw Untold(reason: "the playbook names \(actions.count) resources, too many to ask about")
    }
    for (resource, names) in actions.sorted(by: { $0.key < $1.key }) {
      let sorted = names.sorted()
      for start in stride(from: 0, to: sorted.count, by: Self.actionsMax) {
        let chunk = Array(sorted[start..<min(start + Self.actionsMax, sorted.count)])
        let group = Group(resource: resource, actions: chunk)
        for (action, answer) in try await simulate(group, principal, at: place) {
          switch answer {
          case .granted: findings.grantedCount += 1
          case .unsure: open.append("\(action) on \(resource)")
          case .denied:
            findings.missing.append(
              .init(
                action: action, resource: resource,
                steps: (steps["\(action) \(resource)"] ?? []).sorted(), principal: principal))
          }
        }
      }
    }
    guard !open.isEmpty else { return }
    findings.untold.append(
      "cannot tell before names and conditions are known whether \(principal) may "
        + Self.list(open))
  }

  /// The first few, and how many more there are.
  private static func list(_ names: [String]) -> String {
    let shown = 3
    let more = names.count - shown
    return names.prefix(shown).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  private static func region(of resource: String) -> String? {
    let fields = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard fields.count == 6, !fields[3].isEmpty, !fields[3].contains("*") else { return nil }
    return String(fields[3])
  }

  // MARK: Who

  private func identity(at place: CloudPlace) async throws(Untold) -> CallerIdentity {
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
      throw Untold(reason: "IAM does not simulate \(caller.name)")
    }
    return principal
  }

  // MARK: What

  private enum Answer {
    case granted
    case denied
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
    return resource.contains("*") || resource.contains("?") || !unknown.isEmpty
      ? .unsure : .denied
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
        throw Untold(reason: "\(service):\(operation) is not allowed here")
      }
      throw Untold(reason: error.failure.summary)
    }
  }
}
