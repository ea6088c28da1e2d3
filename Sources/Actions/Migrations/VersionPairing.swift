import JSON
import Resources

/// Tells which version of a bucket each version of another one was copied to.
///
/// `buckets.sync` with all versions leaves a history whole and in its order, so the place in it
/// says which version is which. A history that does not stand in the target so is paired with
/// nothing: its versions are told without a `to`.
struct VersionPairing: Sendable {
  let source: any VersionKeeping
  let target: any VersionKeeping
  let prefix: ObjectKey

  /// One page of the source's versions as items `{key, from, to}`; delete markers have none.
  func page(after position: PagePosition?) async throws(Failure) -> Page<Item> {
    let after = try position.map { position throws(Failure) in try Self.key(position) }
    var rows = KeyMerge(
      source: VersionWalk(source, prefix: prefix, after: after),
      target: VersionWalk(target, prefix: prefix, after: after))
    let matches = try await rows.nextRows()
    var items: [Item] = []
    for match in matches {
      let versions = match.source?.versions ?? []
      let copies = try await copies(of: versions, in: match.target?.versions ?? [])
      for (place, version) in versions.enumerated() where !version.isDeletion {
        items.append(try Self.item(match.key, version, copies.map { $0[place] }))
      }
    }
    // Fewer rows than there could be are the last.
    let isLast = matches.count < KeyMerge<VersionWalk>.rowsAtOnce
    return Page(items, next: isLast ? nil : matches.last.map { PagePosition($0.key.text) })
  }

  /// The run of the target's versions that is the source's history; nil if there is none.
  private func copies(
    of versions: [ObjectVersion], in held: [ObjectVersion]
  ) async throws(Failure) -> [ObjectVersion]? {
    guard !versions.isEmpty, held.count >= versions.count else { return nil }
    let isExact = held.count == versions.count
    for start in 0...(held.count - versions.count) {
      let run = Array(held[start..<(start + versions.count)])
      guard zip(run, versions).allSatisfy({ VersionSync.canBeSame($0.0, $0.1) }) else { continue }
      // Where there is one place only, the copy's own proof has said what stands there.
      if isExact { return run }
      if try await isSame(run, versions) { return run }
    }
    return nil
  }

  private func isSame(
    _ mine: [ObjectVersion], _ others: [ObjectVersion]
  ) async throws(Failure) -> Bool {
    for (one, other) in zip(mine, others) {
      guard try await target.isSameContent(one, as: other, in: source) else { return false }
    }
    return true
  }

  private static func key(_ position: PagePosition) throws(Failure) -> ObjectKey {
    guard let key = ObjectKey(escaped: position.text) else {
      throw .permanent(
        "'\(position.text)' is no position among versions",
        hint: "Remove the step's lookups.db, then 'cutover retry'.")
    }
    return key
  }

  private static func item(
    _ key: ObjectKey, _ version: ObjectVersion, _ copy: ObjectVersion?
  ) throws(Failure) -> Item {
    func text(_ value: String) -> JSONValue { ["S": .string(value)] }
    var members: [JSONValue.Member] = [
      .init("from", text(version.id)),
      .init("key", text(String(decoding: key.bytes, as: UTF8.self))),
    ]
    if let copy { members.append(.init("to", text(copy.id))) }
    return Item(bytes: JSONValue.object(members).compact(sortedKeys: true), isCanonical: true)
  }
}
