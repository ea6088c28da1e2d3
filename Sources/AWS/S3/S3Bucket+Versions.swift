import Resources
import Wire

extension S3Bucket: VersionKeeping {
  private static let keyPrefix = "1:"
  private static let versionPrefix = "2:"

  func versioning() async throws(Failure) -> BucketVersioning {
    let reply = try await client.send("GetBucketVersioning", "GET", query: [("versioning", nil)])
    guard let root = XMLNode(reading: reply.body), Self.versioningRoots.contains(root.name) else {
      throw client.malformed("GetBucketVersioning", "it is no VersioningConfiguration")
    }
    switch root.text("Status") {
    case "Enabled": return .on
    case "Suspended": return .suspended
    case _: return .off
    }
  }

  /// The service's own name, and the one that some stores give it after the operation.
  private static let versioningRoots: Set = [
    "VersioningConfiguration", "GetBucketVersioningResponse",
  ]

  /// A bucket that locks keeps versions by itself.
  func createKeepingVersions(locks: Bool) async throws(Failure) {
    try await create(headers: locks ? ["x-amz-bucket-object-lock-enabled": "true"] : [:])
    if try await versioning() == .on { return }
    let body =
      "<VersioningConfiguration xmlns=\"\(Self.namespace)\"><Status>Enabled</Status>"
      + "</VersioningConfiguration>"
    _ = try await client.send(
      "PutBucketVersioning", "PUT", query: [("versioning", nil)], body: Array(body.utf8))
  }

  /// One page of ListObjectVersions, in the order in which the service gives it: times do not tell
  /// which version is newer, since an upload in parts has the time at which it began.
  func versionPage(after position: PagePosition?) async throws(Failure) -> Page<ObjectVersion> {
    let (key, id) =
      try position.map { (position) throws(Failure) in try mark(position) } ?? (nil, nil)
    let listing: S3Listing
    do throws(AWSFailure) {
      listing = try await versions(keyMarker: key.map { location.fullKey($0) }, idMarker: id)
    } catch {
      throw client.failure(error)
    }
    var found = try versions(listing)
    // From a key alone the listing goes on behind it; not every store takes that so.
    if id == nil, let key { found.removeAll { !(key < $0.key) } }
    guard listing.isTruncated else { return Page(found, next: nil) }
    guard let next = listing.nextKeyMarker, next.starts(with: location.prefix) else {
      throw client.malformed("ListObjectVersions", "it does not say where it goes on")
    }
    let last = ObjectKey(bytes: Array(next.dropFirst(location.prefix.count)))
    guard let id = listing.nextIDMarker, !id.isEmpty else {
      return Page(found, next: self.position(after: last))
    }
    return Page(found, next: PagePosition("\(Self.versionPrefix)\(id):\(last.text)"))
  }

  func versions(of key: ObjectKey) async throws(Failure) -> [ObjectVersion] {
    var found: [ObjectVersion] = []
    var markers: (key: [UInt8]?, id: String?) = (nil, nil)
    while true {
      let listing: S3Listing
      do throws(AWSFailure) {
        listing = try await versions(
          keyMarker: markers.key, idMarker: markers.id, below: key.bytes)
      } catch {
        throw client.failure(error, key)
      }
      let page = try versions(listing)
      found += page.filter { $0.key == key }
      // The key itself is the first of all that begin with it.
      let isOver = page.last.map { $0.key != key } ?? true
      guard listing.isTruncated, !isOver, let next = listing.nextKeyMarker else { return found }
      markers = (next, listing.nextIDMarker)
    }
  }

  func copy(
    _ version: ObjectVersion, from source: any BucketStore, over current: ObjectVersion?
  ) async throws(Failure) -> ObjectVersion {
    guard let source = source as? S3Bucket, !version.isDeletion else {
      preconditionFailure("a deletion is no version to copy, and canCopy(from:) said no")
    }
    let stored = try await copy(
      version.entry, from: source, as: VersionCopy(id: version.id, current: current))
    return ObjectVersion(id: "", isDeletion: false, entry: stored)
  }

  func markDeleted(
    _ key: ObjectKey, over current: ObjectVersion?
  ) async throws(Failure) -> ObjectVersion {
    try location.check(key)
    // A deletion has no condition for "nothing is there".
    let isObject = current.map { !$0.isDeletion } ?? false
    let reply = try await client.send(
      "DeleteObject", "DELETE", key, headers: isObject ? S3Headers.over(current) : [:],
      isRepeatable: false)
    let now = reply.headers.first("Date").flatMap(S3Time.header) ?? client.session.clock.now()
    return ObjectVersion(
      id: reply.headers.first("x-amz-version-id") ?? "", isDeletion: true,
      entry: ObjectEntry(key: key, size: 0, modified: now))
  }

  func delete(_ versions: [ObjectVersion]) async throws(Failure) -> [ObjectVersion] {
    var left: [ObjectVersion] = []
    var rest = versions[...]
    while !rest.isEmpty {
      let some = rest.prefix(limits.versionsPage)
      rest = rest.dropFirst(limits.versionsPage)
      let items = some.map {
        S3Deletion.Item(key: location.fullKey($0.key), versionID: $0.id)
      }
      let failed = Set(try await S3Deletion(client).delete(items))
      left += zip(some, items).filter { failed.contains($0.1) }.map(\.0)
    }
    return left
  }

  func isSameContent(
    _ mine: ObjectVersion, as other: ObjectVersion, in store: any VersionKeeping
  ) async throws(Failure) -> Bool {
    if mine.isDeletion || other.isDeletion { return mine.isDeletion == other.isDeletion }
    guard let store = store as? S3Bucket else {
      preconditionFailure("versions of two kinds of store are not compared")
    }
    if let isSame = try await isSameContent(
      mine.entry, mine.id, as: other.entry, other.id, in: store)
    {
      return isSame
    }
    return try await sha256(of: mine.key, version: mine.id)
      == store.sha256(of: other.key, version: other.id)
  }

  func described(_ version: ObjectVersion) async throws(Failure) -> ObjectEntry? {
    version.isDeletion ? version.entry : try await entry(version.key, version: version.id)
  }

  /// The key, and the version of it, behind which a page begins.
  private func mark(_ position: PagePosition) throws(Failure) -> (ObjectKey?, String?) {
    if position.text.hasPrefix(Self.keyPrefix),
      let key = ObjectKey(escaped: String(position.text.dropFirst(Self.keyPrefix.count)))
    {
      return (key, nil)
    }
    let parts = position.text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    if parts.count == 3, position.text.hasPrefix(Self.versionPrefix),
      let key = ObjectKey(escaped: String(parts[2]))
    {
      return (key, String(parts[1]))
    }
    throw .permanent(
      "'\(position.text)' is no position in the versions of \(url)",
      hint: "The checkpoint is of another version; start the step anew.")
  }

  private func versions(_ listing: S3Listing) throws(Failure) -> [ObjectVersion] {
    var found: [ObjectVersion] = []
    found.reserveCapacity(listing.records.count)
    for record in listing.records {
      found.append(
        ObjectVersion(
          id: record.versionID ?? "null", isDeletion: record.isDeleteMarker,
          entry: try entry(record)))
    }
    return found
  }
}
