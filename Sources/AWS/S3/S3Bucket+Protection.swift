import Resources
import Synchronization
import Wire

/// Locks and access lists.
///
/// Sources: "Locking objects with Object Lock" and "Controlling ownership of objects" of the S3 user
/// guide, and the API reference of GetObjectRetention, GetObjectLegalHold and GetObjectAcl.
extension S3Bucket: ProtectionKeeping {
  private static let noLockCodes: Set<String> = [
    "ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", "NotImplemented",
  ]
  private static let noOwnershipCodes: Set<String> = [
    "OwnershipControlsNotFoundError", "NotImplemented",
  ]

  func protection() async throws(Failure) -> BucketProtection {
    var found = BucketProtection(kinds: [])
    if let root = try await document(
      "GetObjectLockConfiguration", nil, [("object-lock", nil)], absent: Self.noLockCodes),
      root.text("ObjectLockEnabled") == "Enabled"
    {
      found.kinds.insert(.locks)
      if let rule = root.at("Rule", "DefaultRetention"), let mode = rule.text("Mode") {
        let (days, years) = (rule.text("Days"), rule.text("Years"))
        let length = days.map { "\($0) days" } ?? years.map { "\($0) years" } ?? "a time"
        found.defaultRetention = "\(mode) for \(length)"
      }
    }
    let ownership = try await document(
      "GetBucketOwnershipControls", nil, [("ownershipControls", nil)],
      absent: Self.noOwnershipCodes)
    // Without a rule, and under every other one, objects have lists of their own.
    if ownership?.at("Rule", "ObjectOwnership")?.text != "BucketOwnerEnforced" {
      found.kinds.insert(.acls)
    }
    return found
  }

  func protection(
    of key: ObjectKey, version: String?, _ kinds: Set<ProtectionKind>
  ) async throws(Failure) -> ObjectProtection {
    var found = ObjectProtection()
    let query = Self.query(version)
    if kinds.contains(.locks) {
      if let root = try await document(
        "GetObjectRetention", key, [("retention", nil)] + query, absent: Self.noLockCodes)
      {
        found.retention = try retention(root, of: key)
      }
      let hold = try await document(
        "GetObjectLegalHold", key, [("legal-hold", nil)] + query, absent: Self.noLockCodes)
      found.hasLegalHold = hold?.text("Status") == "ON"
    }
    if kinds.contains(.acls),
      let root = try await document("GetObjectAcl", key, [("acl", nil)] + query, absent: [])
    {
      found.grants = grants(root)
    }
    return found
  }

  /// The headers that put a protection on a new object.
  ///
  /// A retention that has run out is not said: the service refuses moments that lie behind.
  func headers(_ protection: ObjectProtection?) async throws(Failure) -> HTTPHeaders {
    var headers = HTTPHeaders()
    guard let protection else { return headers }
    if let retention = protection.retention, client.session.clock.now() < retention.until {
      headers.add("x-amz-object-lock-mode", retention.mode)
      headers.add("x-amz-object-lock-retain-until-date", "\(retention.until)")
    }
    if protection.hasLegalHold { headers.add("x-amz-object-lock-legal-hold", "ON") }
    guard !protection.grants.isEmpty else { return headers }
    // A list of grants replaces the one that gives the owner everything.
    let owner = ObjectProtection.Grant(
      permission: "FULL_CONTROL", grantee: "id=\"\(try await ownerID())\"")
    let granted = Dictionary(grouping: protection.grants + [owner], by: \.permission)
    for (permission, grants) in granted.sorted(by: { $0.key < $1.key }) {
      headers.add(
        "x-amz-grant-\(permission.lowercased().replacing("_", with: "-"))",
        grants.map(\.grantee).sorted().joined(separator: ", "))
    }
    return headers
  }

  private func ownerID() async throws(Failure) -> String {
    if let id = owner.withLock({ $0 }) { return id }
    let root = try await document("GetBucketAcl", nil, [("acl", nil)], absent: [])
    guard let id = root?.at("Owner", "ID")?.text, !id.isEmpty else {
      throw client.malformed("GetBucketAcl", "it names no owner")
    }
    owner.withLock { $0 = id }
    return id
  }

  private func retention(
    _ root: XMLNode, of key: ObjectKey
  ) throws(Failure) -> ObjectProtection.Retention? {
    if root.text("EventHold") == "ON" {
      throw .refused(
        "\(url): '\(key.text)' is held until an event is over, which a copy cannot carry along",
        hint: "Copy it by hand, or say 'keep: []' to copy without any locks.")
    }
    guard let mode = root.text("Mode"), !mode.isEmpty else { return nil }
    guard let until = root.text("RetainUntilDate").flatMap({ S3Time.listed($0.utf8) }) else {
      throw client.malformed("GetObjectRetention", "its date makes no sense")
    }
    return ObjectProtection.Retention(mode: mode, until: until)
  }

  /// What others than the owner may do; the right to write means nothing for an object.
  private func grants(_ root: XMLNode) -> [ObjectProtection.Grant] {
    let ownerID = root.at("Owner", "ID")?.text
    var found: [ObjectProtection.Grant] = []
    for grant in root.first("AccessControlList")?.all("Grant") ?? [] {
      guard let permission = grant.text("Permission"), permission != "WRITE",
        let grantee = grant.first("Grantee")
      else { continue }
      if let id = grantee.text("ID"), !id.isEmpty {
        if id == ownerID { continue }
        found.append(.init(permission: permission, grantee: "id=\"\(id)\""))
      } else if let group = grantee.text("URI") {
        found.append(.init(permission: permission, grantee: "uri=\"\(group)\""))
      } else if let address = grantee.text("EmailAddress") {
        found.append(.init(permission: permission, grantee: "emailAddress=\"\(address)\""))
      }
    }
    return found.sorted { ($0.permission, $0.grantee) < ($1.permission, $1.grantee) }
  }

  /// A document about the bucket or an object; nil where the service says that there is none.
  private func document(
    _ operation: String, _ key: ObjectKey?, _ query: [(name: String, value: String?)],
    absent: Set<String>
  ) async throws(Failure) -> XMLNode? {
    do throws(AWSFailure) {
      let reply = try await client.call(operation, "GET", key, query: query)
      guard let root = XMLNode(reading: reply.body) else {
        throw AWSFailure(.malformed("it is not XML"), operation: "s3:\(operation)")
      }
      return root
    } catch {
      if let code = error.code, absent.contains(code) { return nil }
      // So the service says that the bucket does not lock at all.
      if error.code == "InvalidRequest", error.message.contains("Object Lock") { return nil }
      throw client.failure(error, key)
    }
  }
}
