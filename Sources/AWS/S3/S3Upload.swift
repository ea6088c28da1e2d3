import Digests
import Resources
import Wire

/// One object stored in parts: begun, filled, and completed or aborted.
struct S3Upload: Sendable {
  struct Part: Sendable {
    var number: Int
    var tag: String
    /// Base64; nil where a part was copied by the service itself.
    var sha256: String?
  }

  private let bucket: S3Bucket
  private let entry: ObjectEntry
  private let headers: HTTPHeaders

  private var client: S3Client { bucket.client }
  private var key: ObjectKey { entry.key }

  init(_ bucket: S3Bucket, _ entry: ObjectEntry, _ headers: HTTPHeaders) {
    self.bucket = bucket
    self.entry = entry
    self.headers = headers
  }

  /// Reads all of the object, part by part, and stores it; nothing stays of a failed one.
  func write(from reader: any ObjectReader) async throws(Failure) -> ObjectEntry {
    let smallest = (entry.size + S3Limits.partsMax - 1) / S3Limits.partsMax
    let partBytes = Int(max(bucket.limits.partBytes, smallest))
    return try await carryOut(checksum: true) { id async throws(Failure) in
      var parts: [Part] = []
      var waiting: [UInt8] = []
      var count: Int64 = 0
      while true {
        let piece = try await reader.next()
        count += Int64(piece?.count ?? 0)
        guard count <= entry.size else { throw bucket.wrongSize(entry, count) }
        waiting += piece ?? []
        while waiting.count >= partBytes || (piece == nil && !waiting.isEmpty) {
          let body = Array(waiting.prefix(partBytes))
          waiting.removeFirst(body.count)
          parts.append(try await upload(body, number: parts.count + 1, id))
        }
        if piece == nil { break }
      }
      guard count == entry.size else { throw bucket.wrongSize(entry, count) }
      return parts
    }
  }

  /// Begins an upload, lets the parts be stored, and completes it.
  func carryOut(
    checksum: Bool, _ store: (String) async throws(Failure) -> [Part]
  ) async throws(Failure) -> ObjectEntry {
    try await abortLeftovers()
    var headers = headers
    if checksum { headers.set("x-amz-checksum-algorithm", "SHA256") }
    let reply = try await client.send(
      "CreateMultipartUpload", "POST", key, query: [("uploads", nil)], headers: headers)
    guard let id = XMLNode(reading: reply.body)?.text("UploadId"), !id.isEmpty else {
      throw client.malformed("CreateMultipartUpload", "it names no upload")
    }
    do throws(Failure) {
      return try await complete(try await store(id), id)
    } catch {
      // In a task of its own: what asked to stop must not stop the tidying up.
      await Task { try? await abort(id) }.value
      throw error
    }
  }

  private func upload(
    _ body: [UInt8], number: Int, _ id: String
  ) async throws(Failure) -> Part {
    let digest = Base64.text(Digest.sha256(body))
    let reply = try await client.send(
      "UploadPart", "PUT", key, query: [("partNumber", "\(number)"), ("uploadId", id)],
      headers: ["x-amz-checksum-sha256": digest], body: body, limits: bucket.limits.uploading)
    guard let tag = S3Headers.entityTag(reply.headers) else {
      throw client.malformed("UploadPart", "it has no entity tag")
    }
    return Part(number: number, tag: tag, sha256: digest)
  }

  private func complete(_ parts: [Part], _ id: String) async throws(Failure) -> ObjectEntry {
    let lines = parts.map { part in
      let sum = part.sha256.map { "<ChecksumSHA256>\($0)</ChecksumSHA256>" } ?? ""
      return "<Part><ETag>&quot;\(part.tag)&quot;</ETag>\(sum)"
        + "<PartNumber>\(part.number)</PartNumber></Part>"
    }
    let body =
      "<CompleteMultipartUpload xmlns=\"\(S3Bucket.namespace)\">\(lines.joined())"
      + "</CompleteMultipartUpload>"
    do throws(AWSFailure) {
      let root = try await client.sendLate(
        "CompleteMultipartUpload", "POST", key, query: [("uploadId", id)], body: Array(body.utf8))
      let tag = root.text("ETag").map { String($0.filter { $0 != "\"" }) }
      return try await stored(tag)
    } catch {
      // A repeated request finds no upload when the first one was carried out unheard.
      if error.code == "NoSuchUpload", let found = try await bucket.entry(key),
        let tag = S3EntityTag.tag(found), tag == Self.tag(of: parts)
      {
        return found
      }
      throw client.failure(error, key)
    }
  }

  private func stored(_ tag: String?) async throws(AWSFailure) -> ObjectEntry {
    do throws(Failure) {
      return try await bucket.stored(entry, tag: tag, [:])
    } catch {
      throw AWSFailure(.local(error), operation: "s3:HeadObject")
    }
  }

  /// The tag that the service gives to an object of these parts.
  static func tag(of parts: [Part]) -> String? {
    let digests = parts.compactMap { Hex.decode($0.tag) }
    guard digests.count == parts.count else { return nil }
    return "\(Digest.hex(Digest.md5(digests.flatMap(\.self))))-\(parts.count)"
  }

  private func abort(_ id: String) async throws(Failure) {
    do throws(AWSFailure) {
      _ = try await client.call(
        "AbortMultipartUpload", "DELETE", key, query: [("uploadId", id)])
    } catch {
      if error.code != "NoSuchUpload" { throw client.failure(error, key) }
    }
  }

  /// Aborts uploads of this very key that a killed process left: they cost money and are never seen.
  private func abortLeftovers() async throws(Failure) {
    let full = client.location.fullKey(key)
    let reply = try await client.send(
      "ListMultipartUploads", "GET",
      query: [
        ("uploads", nil), ("encoding-type", "url"),
        ("prefix", String(decoding: full, as: UTF8.self)),
      ])
    guard let listing = S3Listing(reading: reply.body, of: .uploads) else {
      throw client.malformed("ListMultipartUploads", "it is cut or is no listing")
    }
    for record in listing.records where record.key == full {
      if let id = record.uploadID { try await abort(id) }
    }
  }
}
