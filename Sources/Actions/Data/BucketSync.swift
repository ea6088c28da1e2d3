import Resources
import Rollouts

/// One source bucket, its target, and the rules between them.
///
/// `BucketSync+Run`, `+Verify` and `+Undo` are its verbs.
struct BucketSync: Sendable {
  let source: any BucketStore
  let target: any BucketStore
  let prefix: ObjectKey
  let existing: ExistingPolicy
  let deletes: Bool
  let identity: ObjectIdentity
  let concurrency: Int
  let state: SourceState
  /// The step's work folder.
  let folder: String
  /// Whether bytes stay inside the service; they pass through here where a manifest needs them.
  let copiesInside: Bool
  /// Bounds the requests of all ranges together.
  let turnstile: Turnstile
  let proof: MetadataProof
  let clock: any WallClock
  /// The protections that copies get with their content.
  var kinds: Set<ProtectionKind> = []
  /// Bounds the bytes on their way, whatever the number and size of the objects.
  let memory = Turnstile(heldBytesMax)

  static let heldBytesMax = 72 << 20

  /// What the target held before the first change.
  var listing: FormerListing<ObjectEntry> { FormerListing(path: "\(folder)/former.jsonl") }
  /// What was overwritten or deleted, as it was before.
  var former: ObjectArchive { ObjectArchive(folder: "\(folder)/former") }
  /// What others wrote to the target since, found by undo.
  var since: ObjectArchive {
    ObjectArchive(folder: "\(folder)/undo-objects", keepsVersions: true)
  }

  /// Undo may not trust times: whoever wrote later wrote later.
  static let strict = ObjectIdentity(comparison: .digest)

  func walk(_ bucket: any BucketStore, after position: PagePosition? = nil) -> BucketWalk {
    BucketWalk(bucket, prefix: prefix, after: position)
  }

  func appeared() -> Failure {
    .refused(
      "\(target.url) has appeared since the sync was planned",
      hint: "Find out who made it; roll back, and begin again.")
  }

  /// Refuses a target that holds objects, where the playbook does not say what becomes of them.
  func checkEmpty() async throws(Failure) {
    guard existing == .refuse else { return }
    var walk = walk(target)
    guard let entry = try await walk.peek() else { return }
    throw .refused(
      "\(target.url) is not empty: it holds '\(entry.key.text)'",
      hint: "Empty it, or say 'existing: \"keep\"' or 'existing: \"overwrite\"'.")
  }

  /// Deletes until nothing of it is left.
  func delete(_ keys: [ObjectKey], _ pace: Pace) async throws(Failure) {
    var left = keys
    var patience = Patience(pace: pace)
    while !left.isEmpty {
      let before = left.count
      left = try await target.delete(left)
      if left.isEmpty { break }
      try await patience.rest(
        madeProgress: left.count < before, "\(target.url) to delete \(left.count) more objects")
    }
  }
}
