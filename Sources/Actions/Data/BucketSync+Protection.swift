import Resources
import Rollouts

extension BucketSync {
  /// The same sync, carrying the protections that its plan says.
  func keeping(_ plan: BucketSyncPlan) -> BucketSync {
    var sync = self
    sync.kinds = Set(plan.protections ?? [])
    return sync
  }

  /// The entry with the protection that its copy is to have.
  func protected(
    _ entry: ObjectEntry, version: String? = nil
  ) async throws(Failure) -> ObjectEntry {
    var entry = entry
    if let source = source as? any ProtectionKeeping {
      entry.metadata.protection =
        kinds.isEmpty ? nil : try await source.protection(of: entry.key, version: version, kinds)
    } else {
      entry.metadata.protection = entry.metadata.protection.map { kept($0) }
    }
    return entry
  }

  /// What of a protection that was written down is to be put on a copy.
  private func kept(_ protection: ObjectProtection) -> ObjectProtection {
    var protection = protection
    if !kinds.contains(.locks) {
      protection.retention = nil
      protection.hasLegalHold = false
    }
    if !kinds.contains(.acls) { protection.grants = [] }
    return protection
  }

  /// Whether the target's object is locked no less than the source's, and open to the same people.
  func isProtectedAlike(
    _ one: ObjectEntry, _ version: String?, _ other: ObjectEntry, _ otherVersion: String?
  ) async throws(Failure) -> Bool {
    guard !kinds.isEmpty, let source = source as? any ProtectionKeeping,
      let target = target as? any ProtectionKeeping
    else { return true }
    let wanted = try await source.protection(of: one.key, version: version, kinds)
    let found = try await target.protection(of: other.key, version: otherVersion, kinds)
    return found.covers(wanted, at: clock.now())
  }

  /// Which protections of the source a copy carries, and what a person should know of it.
  ///
  /// What cannot be carried though it is asked for is refused here, before anything is copied.
  func protections(
    keep: Set<ProtectionKind>, createsTarget: Bool, isPreview: Bool
  ) async throws(Failure) -> (kinds: Set<ProtectionKind>, notes: [String]) {
    guard !keep.isEmpty else {
      return ([], ["  locks and access lists of objects, if they have any, are left behind"])
    }
    // What a folder has written down is known object by object.
    let own = try await protection(of: source)
    let kinds = keep.intersection(own?.kinds ?? keep)
    var notes: [String] = []
    if let own, own.kinds.contains(.locks), !keep.contains(.locks) {
      notes.append("  retention and legal holds of \(source.url) are left behind")
    }
    if let own, own.kinds.contains(.acls), !keep.contains(.acls) {
      notes.append("  access lists of single objects, if they have any, are left behind")
    }
    guard target is any ProtectionKeeping else {
      if own != nil, !kinds.isEmpty {
        notes.append("  locks and access lists are written down in \(target.url), not enforced")
      }
      return (kinds, notes)
    }
    if createsTarget {
      if kinds.contains(.acls), !isPreview {
        throw .refused(
          "\(target.url) is made by this step, and a new bucket takes no access lists",
          hint: "Make it beforehand with ObjectOwnership BucketOwnerPreferred, or drop \"acls\".")
      }
    } else {
      guard let theirs = try await protection(of: target) else { return (kinds, notes) }
      for kind in ProtectionKind.allCases
      where own != nil && kinds.contains(kind) && !theirs.kinds.contains(kind) {
        throw lacking(kind)
      }
      if let retention = theirs.defaultRetention {
        notes.append("  \(target.url) locks every new object: \(retention)")
      }
    }
    if own != nil, kinds.contains(.locks) {
      notes.append(
        "  retention and legal holds are kept: copies cannot be deleted before their time")
    }
    if own != nil, kinds.contains(.acls) {
      notes.append("  access lists of single objects are kept")
    }
    return (kinds, notes)
  }

  private func protection(
    of bucket: any BucketStore
  ) async throws(Failure) -> BucketProtection? {
    guard let bucket = bucket as? any ProtectionKeeping else { return nil }
    do throws(Failure) {
      return try await bucket.protection()
    } catch {
      guard error.kind == .refused else { throw error }
      throw .refused(
        "\(error.summary); so it cannot be told whether objects are locked",
        hint: "\(error.hint) Or say 'keep: []' to copy without locks and access lists.")
    }
  }

  private func lacking(_ kind: ProtectionKind) -> Failure {
    switch kind {
    case .locks:
      .refused(
        "\(source.url) locks objects, and \(target.url) cannot: it has no object lock",
        hint: "Turn object lock on for the target, or say 'keep: []' to copy without locks.")
    case .acls:
      .refused(
        "'keep' names access lists, and \(target.url) has them disabled",
        hint: "Set its ObjectOwnership to BucketOwnerPreferred, or drop \"acls\" from 'keep'.")
    }
  }
}
