internal import JSON
internal import Resources
internal import Wire

/// Looks at a stack that is to be destroyed: what goes, what stays, what would be lost.
struct StackSurveyor {
  private let api: CloudFormationAPI
  private let look: HolderLook
  private let wishes: StackDemolition
  private var deleted: [StackResource] = []
  private var retained: [StackResource] = []
  private var data: [String] = []
  private var warnings: [String] = []
  private var obstacles: [String] = []
  /// Keys that go with the stack.
  private var keys: [String] = []

  init(_ api: CloudFormationAPI, _ wishes: StackDemolition, context: ProviderContext)
    throws(Failure)
  {
    self.api = api
    self.wishes = wishes
    look = try HolderLook(api, context: context)
  }

  mutating func survey(_ facts: StackFacts) async throws(Failure) -> StackSurvey {
    if let parent = facts.parent {
      obstacles.append("\(facts.name) is nested in \(parent); destroy that one")
    }
    if facts.isProtected, !wishes.disablesProtection {
      obstacles.append(
        "\(facts.name) is protected against termination; 'disableProtection: true' takes that off")
    }
    let walk = try await StackWalk.take(from: facts, api)
    try await sort(walk)
    for word in wishes.emptyBuckets where buckets(called: word).isEmpty {
      obstacles.append("emptyBuckets: the stack has no bucket '\(word)'")
    }
    for resource in deleted { try await look(at: resource, isRetained: false) }
    for resource in retained { try await look(at: resource, isRetained: true) }
    for member in walk.members { try await exports(of: member.facts) }
    return StackSurvey(
      id: facts.id, deleted: deleted, retained: retained, data: data, warnings: warnings,
      obstacles: obstacles)
  }

  private mutating func sort(_ walk: StackWalk) async throws(Failure) {
    var keptPaths: [[String]] = []
    for member in walk.members {
      let policies = try await DeletionPolicies.read(member.facts.id, api)
      let isKept = keptPaths.contains { member.path.starts(with: $0) }
      for resource in member.resources {
        homes[resource.name] = member.facts.id
        let keeps = policies.keeps(resource.logicalID)
        if keeps == nil, DataHolder.holdsData(resource.type) {
          warnings.append(
            "the template does not say in a way that can be read whether \(resource.name) stays")
        }
        guard isKept || keeps == true else {
          deleted.append(resource)
          if resource.type == "AWS::KMS::Key", let id = resource.physicalID { keys.append(id) }
          if policies.emptiesItself(resource.logicalID) { emptied.insert(resource.name) }
          continue
        }
        retained.append(resource)
        if resource.type == StackWalk.nestedType {
          keptPaths.append(member.path + [resource.logicalID])
        }
      }
    }
  }

  /// The stack that each resource is in, by the resource's name.
  private var homes: [String: String] = [:]

  /// Buckets that the stack's own helper empties.
  private var emptied: Set<String> = []

  private func buckets(called word: String) -> [StackResource] {
    (deleted + retained).filter { $0.type == "AWS::S3::Bucket" && $0.isCalled(word) }
  }

  // MARK: Data

  private mutating func look(
    at resource: StackResource, isRetained: Bool
  ) async throws(Failure) {
    guard let id = resource.physicalID else { return }
    switch resource.type {
    case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
      try await table(resource, id, isRetained)
    case "AWS::S3::Bucket": try await bucket(resource, id, isRetained)
    case "AWS::Cognito::UserPool": try await users(resource, id, isRetained)
    case "AWS::KMS::Key":
      if !isRetained { warnings.append("the key \(id) is scheduled for deletion with the stack") }
    case _: break
    }
  }

  private mutating func table(
    _ resource: StackResource, _ id: String, _ isRetained: Bool
  ) async throws(Failure) {
    switch try await look.table(id) {
    case .gone: warnings.append("table \(id) of \(resource.name) is not there any more")
    case .cannotTell(let why): warnings.append("what table \(id) holds cannot be told: \(why)")
    case .found(let count, let isProtected, _):
      let fate = isRetained ? "stays" : "is deleted at once with them"
      data.append("table \(id) holds about \(count) items and \(fate)")
      if isProtected, !isRetained {
        obstacles.append("table \(id) is protected against deletion, so the stack would stay")
      }
    }
  }

  private mutating func users(
    _ resource: StackResource, _ id: String, _ isRetained: Bool
  ) async throws(Failure) {
    switch try await look.pool(id) {
    case .gone: warnings.append("user pool \(id) of \(resource.name) is not there any more")
    case .cannotTell(let why): warnings.append("what pool \(id) holds cannot be told: \(why)")
    case .found(let count, let isProtected, _):
      data.append(
        "user pool \(id) holds about \(count) users and \(isRetained ? "stays" : "is deleted")")
      if isProtected, !isRetained {
        obstacles.append("user pool \(id) is protected against deletion, so the stack would stay")
      }
    }
  }

  private mutating func bucket(
    _ resource: StackResource, _ id: String, _ isRetained: Bool
  ) async throws(Failure) {
    switch try await look.bucket(id) {
    case .gone: warnings.append("bucket \(id) of \(resource.name) is not there any more")
    case .cannotTell(let why): warnings.append("what bucket \(id) holds cannot be told: \(why)")
    case .found(let count, _, let key):
      if try await isForeign(resource, id, isRetained) { return }
      let isEmptied = wishes.emptyBuckets.contains { resource.isCalled($0) }
      let number = count >= HolderLook.objectsShownMax ? "\(count) or more" : "\(count)"
      if count > 0 || isRetained {
        let fate = isEmptied ? "is emptied first" : isRetained ? "stays" : "must be empty to go"
        data.append("bucket \(id) holds \(number) object versions and \(fate)")
      }
      if count > 0, !isRetained, !isEmptied, !emptied.contains(resource.name) {
        warnings.append(
          "bucket \(id) is not empty, so the stack would stay; name \(resource.logicalID) in "
            + "emptyBuckets, or in retain")
      }
      if isRetained, let key, keys.contains(where: { key.hasSuffix($0) }) {
        warnings.append(
          "bucket \(id) stays, but its key \(key) goes with the stack: what it holds cannot be "
            + "read any more once the key is gone; copy it, or keep the key")
      }
    }
  }

  /// Whether a bucket of the name that the stack's had is another stack's by now, which nobody may
  /// empty or delete with this one.
  private mutating func isForeign(
    _ resource: StackResource, _ id: String, _ isRetained: Bool
  ) async throws(Failure) -> Bool {
    switch try await look.owner(of: id) {
    case .nobody: return false
    case .cannotTell(let why):
      warnings.append("whether bucket \(id) is still this stack's cannot be told: \(why)")
      return false
    case .stack(let owner):
      guard let home = homes[resource.name], !home.utf8.elementsEqual(owner.utf8) else {
        return false
      }
      data.append("bucket \(id) is that of \(owner) by now and stays")
      if wishes.emptyBuckets.contains(where: { resource.isCalled($0) }) {
        obstacles.append(
          "bucket \(id) is that of \(owner) by now; take \(resource.logicalID) out of emptyBuckets")
      } else if !isRetained, !wishes.retain.contains(where: { resource.isCalled($0) }) {
        obstacles.append(
          "bucket \(id) is that of \(owner) by now; name \(resource.logicalID) in retain, and the "
            + "resources that change it")
      } else {
        warnings.append(
          "what else of this stack changes bucket \(id), such as its policy, changes that of "
            + "\(owner)")
      }
      return true
    }
  }

  // MARK: Exports

  private mutating func exports(of facts: StackFacts) async throws(Failure) {
    for name in facts.outputs.compactMap(\.export) where !name.isEmpty {
      do throws(AWSFailure) {
        let answer = try await api.call("ListImports", [("ExportName", name)])
        let stacks = answer.members("Imports").map(\.text)
        if !stacks.isEmpty {
          obstacles.append("its export \(name) is in use by \(stacks.joined(separator: ", "))")
        }
      } catch {
        if case .service("ValidationError", let message, _) = error.kind,
          message.contains("not imported")
        {
          continue
        }
        let failure = error.failure(api.url)
        if failure.kind == .cancelled { throw failure }
        warnings.append("who uses its export \(name) cannot be told: \(failure.summary)")
      }
    }
  }
}
