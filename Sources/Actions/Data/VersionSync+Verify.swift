import Resources
import Rollouts

extension VersionSync {
  /// Reads both lists of versions again and compares them, in order, with what was copied.
  func verify(
    _ plan: BucketSyncPlan, _ ledger: Ledger, _ pace: Pace
  ) async throws(Failure) -> (Verdict, Ledger) {
    guard try await target.description() != nil else {
      return (.failed("\(target.url) does not exist"), ledger)
    }
    let found = try await ReadBack.read(
      base.ranges(plan, of: [source, target]), unit: "objects", atOnce: base.concurrency, pace
    ) { range throws(Failure) in
      KeyMerge(
        source: walk(source, over: range), target: walk(target, over: range),
        former: try listing.cursor(after: range.after), through: range.through)
    } look: { row throws(Failure) in
      try await finding(row)
    }
    return found.verdict(ledger, unit: "versions", isFrozen: base.state == .frozen)
  }

  private func finding(_ row: KeyMatch<ObjectHistory>) async throws(Failure) -> RowFinding {
    var finding = RowFinding()
    let former = row.former?.versions ?? []
    let now = row.target?.versions ?? []
    let added = Self.added(to: former, in: now)
    guard let versions = row.source?.versions else {
      finding.found = added.enumerated().map { $0.element.line($0.offset + 1) }
      if !added.isEmpty { finding.difference = "'\(row.key.text)' is there besides" }
      return finding
    }
    if base.state == .frozen {
      finding.source = versions.enumerated().map { $0.element.line($0.offset + 1) }
    }
    guard case .add(let overlap) = try await course(former, versions) else { return finding }
    let ids = Set(former.map(\.id))
    let held = now.filter { ids.contains($0.id) }.suffix(overlap) + added
    finding.found = held.enumerated().map { $0.element.line($0.offset + 1) }
    if held.count != versions.count {
      finding.difference =
        "'\(row.key.text)' has \(held.count) versions instead of \(versions.count)"
      return finding
    }
    for (number, (one, other)) in zip(held, versions).enumerated() {
      if !Self.canBeSame(one, other) {
        finding.difference = "version \(number + 1) of '\(row.key.text)' differs"
        return finding
      }
      // What the target had before is as it was; only copies are held to be like their source.
      if number >= overlap { try await prove(one, like: other, &finding) }
    }
    return finding
  }

  private func prove(
    _ one: ObjectVersion, like other: ObjectVersion, _ finding: inout RowFinding
  ) async throws(Failure) {
    guard !one.isDeletion else { return }
    let name = "version \(other.id) of '\(other.key.text)'"
    if base.proof.includes(other.key) {
      guard let left = try await source.described(other),
        let right = try await target.described(one)
      else {
        finding.otherwise = "\(name) is gone"
        return
      }
      finding.described += 1
      let differences = MetadataProof.differences(left.metadata, right.metadata)
      if !differences.isEmpty {
        finding.otherwise = "\(name): \(differences.joined(separator: ", "))"
      }
    }
    if try await !base.isProtectedAlike(other.entry, other.id, one.entry, one.id) {
      finding.otherwise = "\(name): locks or access lists"
    }
  }

  /// Takes away the versions that were copied there, and nothing else.
  func undo(_ plan: BucketSyncPlan, _ pace: Pace) async throws(Failure) {
    // Without a listing nothing was changed.
    guard try listing.isThere, try await target.description() != nil else { return }
    let hasSource = try await source.description() != nil
    var rows = KeyMerge(
      source: hasSource ? walk(source) : nil, target: walk(target), former: try listing.cursor())
    var strange = 0
    var done = 0
    while true {
      let page = try await rows.nextRows()
      if page.isEmpty { break }
      try pace.checkStop()
      let sorted = try await concurrentMap(page, atOnce: base.concurrency) { row throws(Failure) in
        try await sort(row)
      }
      strange += sorted.reduce(0) { $0 + $1.strange }
      try await delete(sorted.flatMap(\.ours), pace)
      done += page.count
      pace.report(.init(done: done, unit: "objects looked at"))
    }
    guard hasSource || strange == 0 else {
      throw .refused(
        "\(source.url) is gone, so nobody can tell which of \(strange) versions in \(target.url) "
          + "are copies", hint: "'cutover skip' leaves them there.")
    }
    if strange > 0 {
      try await pace.note(
        "\(strange) versions in \(target.url) that were not copied there are left as they are")
    }
    guard plan.createsTarget else { return }
    guard strange == 0 else {
      throw .refused(
        "\(target.url) holds \(strange) versions that others wrote, so it is not removed",
        hint: "Save and delete them, then 'cutover retry'; 'cutover skip' leaves the bucket.")
    }
    try await target.remove()
  }

  /// Which versions of a row were copied there, and how many others came since.
  private func sort(
    _ row: KeyMatch<ObjectHistory>
  ) async throws(Failure) -> (ours: [ObjectVersion], strange: Int) {
    let former = row.former?.versions ?? []
    let added = Self.added(to: former, in: row.target?.versions ?? [])
    guard !added.isEmpty else { return ([], 0) }
    guard let versions = row.source?.versions,
      case .add(let overlap) = try await course(former, versions)
    else { return ([], added.count) }
    var rest = versions.dropFirst(overlap)
    var ours: [ObjectVersion] = []
    // In order; some may be gone, since an undo before this one was interrupted.
    for version in added {
      var index: Int?
      for (place, other) in zip(rest.indices, rest) where index == nil {
        if try await isSame(version, other) { index = place }
      }
      guard let index else { continue }
      ours.append(version)
      rest = rest[(index + 1)...]
    }
    return (ours.reversed(), added.count - ours.count)
  }

  private func delete(_ versions: [ObjectVersion], _ pace: Pace) async throws(Failure) {
    var left = versions
    var patience = Patience(pace: pace)
    while !left.isEmpty {
      let before = left.count
      left = try await target.delete(left)
      if left.isEmpty { break }
      try await patience.rest(
        madeProgress: left.count < before, "\(target.url) to delete \(left.count) more versions")
    }
  }
}
