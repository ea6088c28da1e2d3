internal import Resources

/// A change set with those of the nested stacks.
struct ChangeSetTree: Sendable {
  let root: ChangeSet
  /// Outer stacks first; a nested stack in which nothing changes is left out.
  let changes: [StackChange]

  static func read(
    from root: ChangeSet, _ api: CloudFormationAPI
  ) async throws(Failure) -> ChangeSetTree {
    var changes: [StackChange] = []
    var open: [(path: [String], set: ChangeSet)] = [([], root)]
    while !open.isEmpty {
      let next = open.removeFirst()
      for (change, nested) in next.set.changes {
        guard let nested else {
          changes.append(change)
          changes += try await losses(of: change, api)
          continue
        }
        let path = next.path + [change.resource.logicalID]
        guard let inner = try await ChangeSet.read(nested, of: nil, path: path, api) else {
          // Whatever it would replace would be neither listed nor refused.
          throw .transient(
            "\(api.url): the change set of the nested stack \(path.joined(separator: "/")) cannot "
              + "be found, so what it would change is not known",
            hint: "CloudFormation may not show it yet; it is looked for again.")
        }
        // Only looked at again, as CloudFormation does with every nested stack.
        if inner.isEmpty, change.kind == .modify { continue }
        changes.append(change)
        open.append((path, inner))
      }
    }
    return ChangeSetTree(root: root, changes: changes)
  }

  /// What goes with a nested stack that is taken away as a whole.
  private static func losses(
    of change: StackChange, _ api: CloudFormationAPI
  ) async throws(Failure) -> [StackChange] {
    guard change.resource.type == StackWalk.nestedType,
      change.kind == .remove || change.kind == .replace, let id = change.resource.physicalID,
      let walk = try await StackWalk.take(id, api)
    else { return [] }
    let outer = change.resource.path + [change.resource.logicalID]
    var losses: [StackChange] = []
    for member in walk.members {
      let policies = try await DeletionPolicies.read(member.facts.id, api)
      for var resource in member.resources where DataHolder.needsAllowance(resource.type) {
        let keepsOld = policies.keeps(resource.logicalID) == true
        resource.path = outer + resource.path
        losses.append(
          StackChange(
            kind: .remove, resource: resource, causes: [change.resource.logicalID],
            keepsOld: keepsOld || change.keepsOld, holdsData: true))
      }
    }
    return losses
  }
}
