import Resources
import Wire

extension S3Bucket: KeyRangeListing {
  private static let positionPrefix = "1:"
  private static let pageMax = 1000

  func position(after key: ObjectKey) -> PagePosition {
    PagePosition(Self.positionPrefix + key.text)
  }

  /// One page of ListObjectsV2.
  ///
  /// A position is the last key, not the service's own token: tokens are not promised to live long.
  func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<ObjectEntry> {
    let start = try position.map { (position) throws(Failure) in try key(of: position) }
    let listing = try await list(after: start, limit: min(limit, Self.pageMax))
    var entries: [ObjectEntry] = []
    entries.reserveCapacity(listing.records.count)
    for record in listing.records { entries.append(try entry(record)) }
    guard listing.isTruncated else { return Page(entries, next: nil) }
    guard let last = entries.last else {
      throw client.malformed("ListObjectsV2", "it is empty and says that more follows")
    }
    return Page(entries, next: self.position(after: last.key))
  }

  func list(after start: ObjectKey?, limit: Int) async throws(Failure) -> S3Listing {
    var query: [(name: String, value: String?)] = [
      ("list-type", "2"), ("max-keys", "\(limit)"), ("encoding-type", "url"),
    ]
    if !location.prefix.isEmpty {
      query.append(("prefix", String(decoding: location.prefix, as: UTF8.self)))
    }
    if let start {
      query.append(("start-after", String(decoding: location.fullKey(start), as: UTF8.self)))
    }
    for _ in 0..<Self.readsMax {
      let reply = try await client.send("ListObjectsV2", "GET", query: query)
      if let listing = S3Listing(reading: reply.body, of: .objects) { return listing }
    }
    throw client.malformed("ListObjectsV2", "it is cut or is no listing")
  }

  /// How often an answer that makes no sense is asked for.
  private static let readsMax = 3

  private func key(of position: PagePosition) throws(Failure) -> ObjectKey {
    guard position.text.hasPrefix(Self.positionPrefix),
      let key = ObjectKey(escaped: String(position.text.dropFirst(Self.positionPrefix.count)))
    else {
      throw .permanent(
        "'\(position.text)' is no position in \(url)",
        hint: "The checkpoint is of another version; start the step anew.")
    }
    return key
  }

  func entry(_ record: S3Listing.Record) throws(Failure) -> ObjectEntry {
    guard record.key.starts(with: location.prefix), let modified = record.modified else {
      throw client.malformed("ListObjectsV2", "an object has no time or another prefix")
    }
    let key = ObjectKey(bytes: Array(record.key.dropFirst(location.prefix.count)))
    var entry = ObjectEntry(key: key, size: record.size, modified: modified)
    entry.metadata.storageClass = record.storageClass
    if !record.entityTag.isEmpty { entry.digest = S3EntityTag.digest(record.entityTag) }
    return entry
  }

  /// Cuts found by looking where keys are: the longest range is halved again and again, as if keys
  /// were spread evenly.
  func cuts(below prefix: ObjectKey, into parts: Int) async throws(Failure) -> [ObjectKey] {
    let probe = S3RangeProbe(prefix: prefix.bytes) { key async throws(Failure) in
      let listing = try await self.list(after: key, limit: 1)
      guard let record = listing.records.first else { return nil }
      return ObjectKey(bytes: Array(record.key.dropFirst(self.location.prefix.count)))
    }
    return try await probe.cuts(into: parts)
  }
}
