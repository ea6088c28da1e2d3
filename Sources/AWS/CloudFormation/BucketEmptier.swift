internal import Digests
internal import Resources
internal import Wire

/// Deletes everything in one bucket, old versions and delete markers included.
struct BucketEmptier: Sendable {
  /// A bucket that fills as fast as it is emptied is somebody's in use.
  private static let roundsMax = 1_000_000
  private static let failedRoundsMax = 5

  let look: HolderLook
  let bucket: String

  private struct Version {
    let key: String
    let id: String
  }

  /// Returns how many were deleted; none there is success, and so is no bucket.
  func empty(_ watch: StackWatch) async throws(Failure) -> Int {
    var count = 0
    var failedRounds = 0
    for _ in 0..<Self.roundsMax {
      try watch.checkStop()
      guard let versions = try await page(), !versions.isEmpty else { return count }
      let errors = try await delete(versions)
      count += versions.count - errors.count
      watch.show("emptying \(bucket): \(count) object versions deleted")
      failedRounds = errors.isEmpty ? 0 : failedRounds + 1
      guard failedRounds < Self.failedRoundsMax else {
        throw .permanent(
          "bucket \(bucket) cannot be emptied: \(errors.first ?? "")",
          hint: "Mend what it names, such as an object lock or the bucket's policy, then retry.")
      }
    }
    throw .refused(
      "bucket \(bucket) fills as fast as it is emptied", hint: "Find out who writes to it.")
  }

  /// The first page: what was on it is gone when it is asked for again.
  private func page() async throws(Failure) -> [Version]? {
    do throws(AWSFailure) {
      let reply = try await look.s3.send(
        look.call("ListObjectVersions", "GET", bucket, [("versions", nil), ("max-keys", "1000")]))
      let page = try look.s3.xml(reply, "ListObjectVersions")
      return (page.all("Version") + page.all("DeleteMarker")).compactMap { node in
        node.text("Key").map { Version(key: $0, id: node.text("VersionId") ?? "null") }
      }
    } catch {
      if error.code == "NoSuchBucket" { return nil }
      throw error.failure("bucket \(bucket)")
    }
  }

  private func delete(_ versions: [Version]) async throws(Failure) -> [String] {
    let items = versions.map { version in
      "<Object><Key>\(Self.escaped(version.key))</Key>"
        + "<VersionId>\(Self.escaped(version.id))</VersionId></Object>"
    }
    let body = Array("<Delete><Quiet>true</Quiet>\(items.joined())</Delete>".utf8)
    do throws(AWSFailure) {
      let reply = try await look.s3.send(
        look.call(
          "DeleteObjects", "POST", bucket, [("delete", nil)],
          headers: [
            "Content-MD5": Base64.text(Digest.md5(body)), "Content-Type": "application/xml",
          ], body: body))
      return try look.s3.xml(reply, "DeleteObjects").all("Error").map { error in
        "\(error.text("Key") ?? ""): \(error.text("Code") ?? "") \(error.text("Message") ?? "")"
      }
    } catch {
      throw error.failure("bucket \(bucket)")
    }
  }

  /// As XML text; control characters that XML 1.0 cannot hold are given as references.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\u{0}"..."\u{1F}": out += "&#\(scalar.value);"
      case _: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
