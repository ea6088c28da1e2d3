import Resources
import Wire

extension S3Bucket: BucketVersionEmptying {
  /// Deletes a page of versions and delete markers; of unfinished uploads when nothing else is left.
  ///
  /// It always begins at the front: what was deleted is not listed again, and what could not be
  /// deleted just now is.
  func emptyPage() async throws(Failure) -> (deleted: Int, isEmpty: Bool) {
    let listing: S3Listing
    do throws(AWSFailure) {
      listing = try await versions(keyMarker: nil, idMarker: nil)
    } catch {
      if Self.isAbsent(error) { return (0, true) }
      throw client.failure(error)
    }
    guard !listing.records.isEmpty else {
      let aborted = try await abortUploads()
      return (aborted, aborted == 0)
    }
    let items = listing.records.map { S3Deletion.Item(key: $0.key, versionID: $0.versionID) }
    let left = try await S3Deletion(client).delete(items)
    return (items.count - left.count, false)
  }

  func countVersions(atMost limit: Int) async throws(Failure) -> Int {
    var count = 0
    var keyMarker: [UInt8]?
    var idMarker: String?
    while count < limit {
      let listing: S3Listing
      do throws(AWSFailure) {
        listing = try await versions(keyMarker: keyMarker, idMarker: idMarker)
      } catch {
        if Self.isAbsent(error) { return count }
        throw client.failure(error)
      }
      count += listing.records.count
      guard listing.isTruncated else { return count }
      guard let next = listing.nextKeyMarker else {
        throw client.malformed("ListObjectVersions", "it does not say where it goes on")
      }
      (keyMarker, idMarker) = (next, listing.nextIDMarker)
    }
    return count
  }

  /// One page of ListObjectVersions, of the keys that begin so behind the bucket's folder.
  func versions(
    keyMarker: [UInt8]?, idMarker: String?, below start: [UInt8] = []
  ) async throws(AWSFailure) -> S3Listing {
    var query: [(name: String, value: String?)] = [
      ("versions", nil), ("encoding-type", "url"), ("max-keys", "\(limits.versionsPage)"),
    ]
    let prefix = location.prefix + start
    if !prefix.isEmpty { query.append(("prefix", String(decoding: prefix, as: UTF8.self))) }
    if let keyMarker { query.append(("key-marker", String(decoding: keyMarker, as: UTF8.self))) }
    if let idMarker, !idMarker.isEmpty { query.append(("version-id-marker", idMarker)) }
    let reply = try await client.call("ListObjectVersions", "GET", query: query)
    guard let listing = S3Listing(reading: reply.body, of: .versions) else {
      throw AWSFailure(
        .malformed("it is cut or is no listing"), operation: "s3:ListObjectVersions")
    }
    return listing
  }

  /// Aborts a page of unfinished uploads, whoever began them.
  private func abortUploads() async throws(Failure) -> Int {
    let listing: S3Listing
    do throws(AWSFailure) {
      var query: [(name: String, value: String?)] = [("uploads", nil), ("encoding-type", "url")]
      if !location.prefix.isEmpty {
        query.append(("prefix", String(decoding: location.prefix, as: UTF8.self)))
      }
      let reply = try await client.call("ListMultipartUploads", "GET", query: query)
      guard let read = S3Listing(reading: reply.body, of: .uploads) else {
        throw AWSFailure(
          .malformed("it is cut or is no listing"), operation: "s3:ListMultipartUploads")
      }
      listing = read
    } catch {
      if Self.isAbsent(error) { return 0 }
      throw client.failure(error)
    }
    for record in listing.records {
      guard let id = record.uploadID else { continue }
      let key = ObjectKey(bytes: Array(record.key.dropFirst(location.prefix.count)))
      do throws(AWSFailure) {
        _ = try await client.call(
          "AbortMultipartUpload", "DELETE", key, query: [("uploadId", id)])
      } catch {
        if error.code != "NoSuchUpload" { throw client.failure(error, key) }
      }
    }
    return listing.records.count
  }
}
