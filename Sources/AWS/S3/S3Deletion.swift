import Digests
import Resources
import Wire

/// Deletes objects or versions of them, up to a thousand in a request.
struct S3Deletion: Sendable {
  struct Item: Sendable, Hashable {
    /// As the service has it.
    var key: [UInt8]
    var versionID: String?
  }

  private let client: S3Client

  init(_ client: S3Client) { self.client = client }

  /// Errors that may not come again.
  private static let passing: Set<String> = [
    "InternalError", "SlowDown", "ServiceUnavailable", "OperationAborted", "RequestTimeout",
    "Throttling",
  ]

  /// Gives back what is still there and may be tried again; a bucket that is gone holds nothing.
  func delete(_ items: [Item]) async throws(Failure) -> [Item] {
    var lines = ""
    var sent: [Item] = []
    for item in items {
      guard let key = S3Text.xml(item.key) else {
        // XML cannot say such a key: it goes by itself.
        try await deleteAlone(item)
        continue
      }
      let version = item.versionID.map { "<VersionId>\($0)</VersionId>" } ?? ""
      lines += "<Object><Key>\(key)</Key>\(version)</Object>"
      sent.append(item)
    }
    guard !sent.isEmpty else { return [] }
    let body = Array(
      "<Delete xmlns=\"\(S3Bucket.namespace)\">\(lines)<Quiet>true</Quiet></Delete>".utf8)
    do throws(AWSFailure) {
      let reply = try await client.call(
        "DeleteObjects", "POST", query: [("delete", nil)],
        headers: [
          "Content-Type": "application/xml", "Content-MD5": Base64.text(Digest.md5(body)),
        ], body: body)
      return try left(sent, reply)
    } catch {
      if error.code == "NoSuchBucket" { return [] }
      throw client.failure(error)
    }
  }

  private func left(
    _ sent: [Item], _ reply: Wire.HTTPReply
  ) throws(AWSFailure) -> [Item] {
    guard let root = XMLNode(reading: reply.body), root.name == "DeleteResult" else {
      throw AWSFailure(.malformed("it is no DeleteResult"), operation: "s3:DeleteObjects")
    }
    var left: [Item] = []
    for error in root.all("Error") {
      let code = error.text("Code") ?? ""
      if code == "NoSuchKey" || code == "NoSuchVersion" { continue }
      let key = Array((error.text("Key") ?? "").utf8)
      guard Self.passing.contains(code) else {
        let name = ObjectKey(bytes: key).text
        throw AWSFailure(
          .service(
            code: code, message: "'\(name)': \(error.text("Message") ?? "")",
            status: code == "AccessDenied" ? 403 : 400), operation: "s3:DeleteObjects")
      }
      let version = error.text("VersionId")
      let meant = sent.filter { $0.key == key && (version == nil || $0.versionID == version) }
      // Whatever it is about is still there, and must not pass for deleted.
      guard !meant.isEmpty else {
        let name = ObjectKey(bytes: key).text
        throw AWSFailure(
          .malformed("it says \(code) of '\(name)', which was not to be deleted"),
          operation: "s3:DeleteObjects")
      }
      left += meant
    }
    return left
  }

  private func deleteAlone(_ item: Item) async throws(Failure) {
    let key = ObjectKey(bytes: Array(item.key.dropFirst(client.location.prefix.count)))
    do throws(AWSFailure) {
      _ = try await client.call(
        "DeleteObject", "DELETE", key, query: item.versionID.map { [("versionId", $0)] } ?? [])
    } catch {
      if S3Bucket.isAbsent(error) || error.code == "NoSuchVersion" { return }
      throw client.failure(error, key)
    }
  }
}
