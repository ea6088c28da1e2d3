import Digests
import Resources
import Synchronization
import Wire

extension S3Bucket {
  /// Stores an object in one request, or in parts if it is large; either way it appears whole.
  ///
  /// The signature covers each body's SHA-256, so that the service refuses bytes that were changed
  /// on the way.
  func write(
    _ entry: ObjectEntry, from reader: any ObjectReader
  ) async throws(Failure) -> ObjectEntry {
    try location.check(entry.key)
    var headers = try S3Headers.fields(entry.metadata, of: entry.key, in: location)
    headers.add(try await self.headers(entry.metadata.protection))
    if entry.size > limits.partBytes {
      return try await S3Upload(self, entry, headers).write(from: reader)
    }
    var body: [UInt8] = []
    while let piece = try await reader.next() {
      body = body.isEmpty ? piece : body + piece
      guard body.count <= entry.size else { break }
    }
    guard body.count == entry.size else { throw wrongSize(entry, Int64(body.count)) }
    // A bucket that locks every new object takes none without it.
    let isLocked = headers.fields.contains { $0.name.hasPrefix("x-amz-object-lock") }
    if isLocked || locksNew.load(ordering: .relaxed) {
      headers.set("Content-MD5", Base64.text(Digest.md5(body)))
    }
    let reply: Wire.HTTPReply
    do throws(AWSFailure) {
      reply = try await client.call(
        "PutObject", "PUT", entry.key, headers: headers, body: body, limits: limits.uploading)
    } catch {
      guard error.code == "InvalidRequest", error.message.contains("Content-MD5"),
        headers.first("Content-MD5") == nil
      else { throw client.failure(error, entry.key) }
      locksNew.store(true, ordering: .relaxed)
      headers.set("Content-MD5", Base64.text(Digest.md5(body)))
      reply = try await client.send(
        "PutObject", "PUT", entry.key, headers: headers, body: body, limits: limits.uploading)
    }
    return try await stored(entry, tag: S3Headers.entityTag(reply.headers), reply.headers)
  }

  func wrongSize(_ entry: ObjectEntry, _ count: Int64) -> Failure {
    let more = count > entry.size ? "more than \(entry.size)" : "\(count)"
    return .transient(
      "\(url): '\(entry.key.text)' came with \(more) bytes instead of \(entry.size)",
      hint: "It was changed while it was read; it is copied again.")
  }

  /// The entry that a listing will show; the time is the service's own, to the second.
  func stored(
    _ entry: ObjectEntry, tag: String?, _ headers: HTTPHeaders
  ) async throws(Failure) -> ObjectEntry {
    guard let tag, !tag.isEmpty else {
      // Some stores forget it in the answer and have it in the listing.
      guard let found = try await self.entry(entry.key) else {
        throw client.malformed("PutObject", "'\(entry.key.text)' is not there after it was stored")
      }
      return found
    }
    var stored = entry
    stored.digest = S3EntityTag.digest(tag)
    if let now = headers.first("Date").flatMap(S3Time.header) { stored.modified = now }
    return stored
  }

  /// Deletes objects by thousands; keys that the service could not delete just now come back.
  func delete(_ keys: [ObjectKey]) async throws(Failure) -> [ObjectKey] {
    var left: [ObjectKey] = []
    var rest = keys.filter { String(validating: location.fullKey($0), as: UTF8.self) != nil }[...]
    while !rest.isEmpty {
      let some = Array(rest.prefix(limits.versionsPage))
      rest = rest.dropFirst(limits.versionsPage)
      let items = some.map { S3Deletion.Item(key: location.fullKey($0), versionID: nil) }
      let failed = try await S3Deletion(client).delete(items)
      left += failed.map { ObjectKey(bytes: Array($0.key.dropFirst(location.prefix.count))) }
    }
    return left
  }
}
