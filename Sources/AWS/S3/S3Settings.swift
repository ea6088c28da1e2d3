import Digests
import Resources
import Wire

/// One setting of a bucket: where it is read and written, and what says that there is none.
struct S3Setting: Sendable {
  let name: String
  /// The query item that names it in GET, PUT and DELETE.
  let query: String
  /// Error codes that mean "not set".
  let absentCodes: Set<String>
  /// An element, or an element and its text, without which the document says nothing; nil when any
  /// document counts.
  var needs: String?
  /// Whether a new bucket has one of its own, which must be taken away where there was none.
  var isSetOnNew = false

  static let objectLock = "ObjectLock"

  private var operation: String {
    name == Self.objectLock ? "ObjectLockConfiguration" : "Bucket\(name)"
  }
  var getOperation: String { "Get\(operation)" }
  var putOperation: String { "Put\(operation)" }

  /// In the order in which they must be put back: a public policy is refused before the block of
  /// public access is as it was, and replication before versioning.
  static let all: [S3Setting] = [
    S3Setting(
      name: "OwnershipControls", query: "ownershipControls",
      absentCodes: ["OwnershipControlsNotFoundError"], isSetOnNew: true),
    S3Setting(
      name: "PublicAccessBlock", query: "publicAccessBlock",
      absentCodes: ["NoSuchPublicAccessBlockConfiguration"], isSetOnNew: true),
    S3Setting(
      name: "Encryption", query: "encryption",
      absentCodes: ["ServerSideEncryptionConfigurationNotFoundError"]),
    S3Setting(name: "Versioning", query: "versioning", absentCodes: [], needs: "Status"),
    S3Setting(
      name: objectLock, query: "object-lock",
      absentCodes: ["ObjectLockConfigurationNotFoundError"], needs: "ObjectLockEnabled=Enabled"),
    S3Setting(name: "Tagging", query: "tagging", absentCodes: ["NoSuchTagSet"]),
    S3Setting(name: "Cors", query: "cors", absentCodes: ["NoSuchCORSConfiguration"]),
    S3Setting(name: "Website", query: "website", absentCodes: ["NoSuchWebsiteConfiguration"]),
    S3Setting(
      name: "LifecycleConfiguration", query: "lifecycle",
      absentCodes: ["NoSuchLifecycleConfiguration"]),
    S3Setting(name: "Policy", query: "policy", absentCodes: ["NoSuchBucketPolicy"]),
    S3Setting(name: "Logging", query: "logging", absentCodes: [], needs: "LoggingEnabled"),
    S3Setting(
      name: "NotificationConfiguration", query: "notification", absentCodes: [], needs: "*"),
    S3Setting(
      name: "Replication", query: "replication",
      absentCodes: ["ReplicationConfigurationNotFoundError"]),
  ]
}

extension S3Bucket: BucketSettingsKeeping {
  private static let regionName = "region"

  /// The documents as the service gave them; a setting that cannot be read is a failure, not none.
  func settings() async throws(Failure) -> [String: String] {
    _ = try await client.send("HeadBucket", "HEAD")
    var settings = [Self.regionName: try client.region]
    for setting in S3Setting.all {
      if let text = try await read(setting) { settings[setting.name] = text }
    }
    return settings
  }

  func create(with settings: [String: String]) async throws(Failure) {
    if let region = settings[Self.regionName] { try client.settle(in: region) }
    // What comes back with a lock needs the bucket to have one before it is written.
    let locks = settings[S3Setting.objectLock] != nil
    try await create(
      headers: locks ? ["x-amz-bucket-object-lock-enabled": "true"] : [:], isAgain: true)
  }

  func apply(_ settings: [String: String]) async throws(Failure) {
    for setting in S3Setting.all {
      guard let text = settings[setting.name] else {
        if setting.isSetOnNew {
          _ = try await client.send(
            "DeleteBucket\(setting.name)", "DELETE", query: [(setting.query, nil)])
        }
        continue
      }
      let body = Array(text.utf8)
      _ = try await client.send(
        setting.putOperation, "PUT", query: [(setting.query, nil)],
        headers: ["Content-MD5": Base64.text(Digest.md5(body))], body: body)
    }
  }

  private func read(_ setting: S3Setting) async throws(Failure) -> String? {
    do throws(AWSFailure) {
      let reply = try await client.call(
        setting.getOperation, "GET", query: [(setting.query, nil)])
      guard setting.needs != nil || setting.name == S3TagSet.setting else { return reply.text }
      guard let root = XMLNode(reading: reply.body) else {
        throw AWSFailure(.malformed("it is not XML"), operation: "s3:\(setting.getOperation)")
      }
      guard let needed = setting.needs else { return S3TagSet(root).withoutSystemTags }
      let parts = needed.split(separator: "=")
      let found = root.first(String(parts[0]))
      let isSet =
        needed == "*"
        ? !root.children.isEmpty
        : parts.count > 1 ? found?.text == String(parts[1]) : found != nil
      return isSet ? reply.text : nil
    } catch {
      if let code = error.code, setting.absentCodes.contains(code) { return nil }
      throw client.failure(error)
    }
  }
}
