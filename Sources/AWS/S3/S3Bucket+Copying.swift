import Resources
import Wire

extension S3Bucket: BucketServerSideCopying {
  /// One set of credentials must be good for both sides; another account's bytes pass through here.
  func canCopy(from source: any BucketStore) -> Bool {
    guard let source = source as? S3Bucket else { return false }
    let (mine, other) = (location.place, source.location.place)
    return mine.profile == other.profile && mine.role == other.role
  }

  /// Copies inside the service what the listing named, and nothing newer.
  func copy(
    _ entry: ObjectEntry, from source: any BucketStore
  ) async throws(Failure) -> ObjectEntry {
    guard let source = source as? S3Bucket else {
      preconditionFailure("canCopy(from:) said no")
    }
    return try await copy(entry, from: source, as: nil)
  }

  /// A version to be copied once, and the one that must be the target's newest by then.
  struct VersionCopy: Sendable {
    var id: String
    var current: ObjectVersion?
  }

  func copy(
    _ entry: ObjectEntry, from source: S3Bucket, as version: VersionCopy?
  ) async throws(Failure) -> ObjectEntry {
    try location.check(entry.key)
    var headers = S3Headers.encryption(location)
    var path = "/\(source.location.bucket)/\(source.location.path(entry.key))"
    if let version { path += "?versionId=\(PercentEncoding.escape(version.id))" }
    headers.set("x-amz-copy-source", path)
    if let tag = S3EntityTag.tag(entry) {
      headers.set("x-amz-copy-source-if-match", "\"\(tag)\"")
    }
    if let owner = source.location.owner {
      headers.set("x-amz-source-expected-bucket-owner", owner)
    }
    if entry.size > limits.copyBytesMax {
      return try await copyInParts(entry, version?.id, from: source, headers)
    }
    // Without it the copy would be stored in the ordinary class.
    if let name = entry.metadata.storageClass { headers.set("x-amz-storage-class", name) }
    headers.add(try await self.headers(entry.metadata.protection))
    if let redirect = try await redirect(of: entry, version?.id, in: source) {
      headers.set(S3Headers.redirect, redirect)
    }
    if let version { headers.add(S3Headers.over(version.current)) }
    do throws(AWSFailure) {
      let root = try await client.sendLate(
        "CopyObject", "PUT", entry.key, headers: headers, isRepeatable: version == nil)
      var stored = entry
      stored.digest = root.text("ETag").map {
        S3EntityTag.digest(String($0.filter { $0 != "\"" }))
      }
      if let time = root.text("LastModified").flatMap({ S3Time.listed($0.utf8) }) {
        stored.modified = time
      }
      return stored
    } catch {
      if error.code == "NoSuchKey" || error.code == "NoSuchVersion" {
        throw vanished(entry.key, from: source)
      }
      throw client.failure(error, entry.key)
    }
  }

  /// Where a website sends those who ask for the object, which no copy takes along by itself.
  ///
  /// An object that is there for that alone is empty; others are not asked about, since that would
  /// take a request for each. A verification of their metadata tells the difference.
  private func redirect(
    of entry: ObjectEntry, _ version: String?, in source: S3Bucket
  ) async throws(Failure) -> String? {
    guard entry.size == 0, entry.metadata.websiteRedirect == nil else {
      return entry.metadata.websiteRedirect
    }
    do throws(AWSFailure) {
      return try await source.client.call(
        "HeadObject", "HEAD", entry.key, query: Self.query(version)
      ).headers.first(S3Headers.redirect)
    } catch {
      // The copy itself finds out that it is gone.
      if Self.isAbsent(error) { return nil }
      throw source.client.failure(error, entry.key)
    }
  }

  private func vanished(_ key: ObjectKey, from source: S3Bucket) -> Failure {
    .transient(
      "\(source.url): '\(key.text)' was deleted while it was copied", hint: "Read again.")
  }

  private func copyInParts(
    _ entry: ObjectEntry, _ version: String?, from source: S3Bucket, _ copying: HTTPHeaders
  ) async throws(Failure) -> ObjectEntry {
    guard let described = try await source.entry(entry.key, version: version) else {
      throw vanished(entry.key, from: source)
    }
    guard described.digest == entry.digest else {
      throw .transient(
        "\(source.url): '\(entry.key.text)' was changed while it was copied", hint: "Read again.")
    }
    // The service carries none of this over by itself when it copies parts.
    var headers = try S3Headers.fields(described.metadata, of: entry.key, in: location)
    headers.add(try await self.headers(entry.metadata.protection))
    let partBytes =
      try await source.layout(of: described, version) ?? defaultPartBytes(entry.size)
    let count = Int((entry.size + partBytes - 1) / partBytes)
    let upload = S3Upload(self, entry, headers)
    return try await upload.carryOut(checksum: false) { id async throws(Failure) in
      try await concurrentMap(Array(1...count), atOnce: limits.copyPartsAtOnce) {
        number throws(Failure) in
        let start = Int64(number - 1) * partBytes
        let end = min(start + partBytes, entry.size) - 1
        return try await self.copyPart(
          entry.key, number, id, copying, range: "bytes=\(start)-\(end)")
      }
    }
  }

  private func copyPart(
    _ key: ObjectKey, _ number: Int, _ id: String, _ copying: HTTPHeaders, range: String
  ) async throws(Failure) -> S3Upload.Part {
    var headers = HTTPHeaders()
    for field in copying.fields where field.name.lowercased().hasPrefix("x-amz-copy-source") {
      headers.add(field.name, field.value)
    }
    if let owner = copying.first("x-amz-source-expected-bucket-owner") {
      headers.add("x-amz-source-expected-bucket-owner", owner)
    }
    headers.set("x-amz-copy-source-range", range)
    do throws(AWSFailure) {
      let root = try await client.sendLate(
        "UploadPartCopy", "PUT", key, query: [("partNumber", "\(number)"), ("uploadId", id)],
        headers: headers)
      guard let tag = root.text("ETag") else {
        throw AWSFailure(.malformed("it has no entity tag"), operation: "s3:UploadPartCopy")
      }
      return S3Upload.Part(number: number, tag: String(tag.filter { $0 != "\"" }), sha256: nil)
    } catch {
      throw client.failure(error, key)
    }
  }

  private func defaultPartBytes(_ size: Int64) -> Int64 {
    max(limits.copyPartBytes, (size + S3Limits.partsMax - 1) / S3Limits.partsMax)
  }

  /// The size of the parts that an object was stored in, so that a copy gets the same entity tag.
  ///
  /// Nil when it was stored whole, or in parts that cannot be copied as they are.
  private func layout(
    of entry: ObjectEntry, _ version: String?
  ) async throws(Failure) -> Int64? {
    let reply = try await client.send(
      "HeadObject", "HEAD", entry.key, query: [("partNumber", "1")] + Self.query(version))
    guard let count = reply.headers.first("x-amz-mp-parts-count").flatMap({ Int64($0) }),
      let bytes = reply.headers.first("Content-Length").flatMap({ Int64($0) }),
      count > 1, bytes <= 5 << 30, bytes > 0, (entry.size + bytes - 1) / bytes == count
    else { return nil }
    return bytes
  }
}

extension S3Bucket: ContentComparing {
  /// Equal tags of equal sizes are equal contents; unequal ones say so only where both are MD5.
  func isSameContent(
    _ mine: ObjectEntry, as other: ObjectEntry, in store: any BucketStore
  ) async throws(Failure) -> Bool? {
    guard let store = store as? S3Bucket else {
      return mine.size == other.size ? nil : false
    }
    return try await isSameContent(mine, nil, as: other, nil, in: store)
  }

  func isSameContent(
    _ mine: ObjectEntry, _ version: String?, as other: ObjectEntry, _ otherVersion: String?,
    in store: S3Bucket
  ) async throws(Failure) -> Bool? {
    guard mine.size == other.size else { return false }
    guard let left = S3EntityTag.tag(mine), let right = S3EntityTag.tag(other) else { return nil }
    if left == right { return true }
    let one = try await facts(of: mine, version)
    let two = try await store.facts(of: other, otherVersion)
    guard let one, let two else { return nil }
    if one.isDigest, two.isDigest { return false }
    // Sums of the whole content under one algorithm decide; sums of parts only where they agree.
    for (name, sum) in one.sums {
      guard let opposite = two.sums[name] else { continue }
      if sum == opposite { return true }
      if !sum.contains("-"), !opposite.contains("-"), one.isWhole, two.isWhole { return false }
    }
    return nil
  }

  private struct Facts: Sendable {
    /// Whether the entity tag is the content's MD5.
    var isDigest: Bool
    var isWhole: Bool
    var sums: [String: String]
  }

  private static let algorithms = ["sha256", "crc64nvme", "crc32c", "crc32", "sha1"]

  private func facts(
    of entry: ObjectEntry, _ version: String?
  ) async throws(Failure) -> Facts? {
    do throws(AWSFailure) {
      let reply = try await client.call(
        "HeadObject", "HEAD", entry.key, query: Self.query(version),
        headers: ["x-amz-checksum-mode": "ENABLED"])
      guard S3Headers.entityTag(reply.headers) == S3EntityTag.tag(entry) else { return nil }
      let encryption = reply.headers.first("x-amz-server-side-encryption") ?? "AES256"
      let isOwn = reply.headers.first("x-amz-server-side-encryption-customer-algorithm") == nil
      var sums: [String: String] = [:]
      for name in Self.algorithms { sums[name] = reply.headers.first("x-amz-checksum-\(name)") }
      let kind = reply.headers.first("x-amz-checksum-type") ?? "FULL_OBJECT"
      return Facts(
        isDigest: encryption == "AES256" && isOwn
          && S3EntityTag.tag(entry).map(S3EntityTag.isSingle) == true,
        isWhole: kind == "FULL_OBJECT", sums: sums)
    } catch {
      if Self.isAbsent(error) { return nil }
      throw client.failure(error, entry.key)
    }
  }
}
