/// What keeps an object from being deleted, and who besides its owner may reach it.
package struct ObjectProtection: Sendable, Hashable, Codable {
  /// Until when no version of it can be deleted or replaced.
  package struct Retention: Sendable, Hashable, Codable {
    /// In the provider's own word, such as `COMPLIANCE`.
    package var mode: String
    package var until: Timestamp

    package init(mode: String, until: Timestamp) {
      self.mode = mode
      self.until = until
    }
  }

  /// One permission of one grantee, in the provider's own words.
  package struct Grant: Sendable, Hashable, Codable {
    package var permission: String
    package var grantee: String

    package init(permission: String, grantee: String) {
      self.permission = permission
      self.grantee = grantee
    }
  }

  package var retention: Retention?
  package var hasLegalHold: Bool
  /// Who may reach it besides the owner; the owner's own rights go without saying.
  package var grants: [Grant]

  package init(retention: Retention? = nil, hasLegalHold: Bool = false, grants: [Grant] = []) {
    self.retention = retention
    self.hasLegalHold = hasLegalHold
    self.grants = grants
  }

  /// Whether it forbids deleting at a moment.
  package func isLocked(at moment: Timestamp) -> Bool {
    hasLegalHold || retention.map { moment < $0.until } ?? false
  }

  /// Whether it protects no less than another one does from a moment on, for the same people.
  package func covers(_ other: ObjectProtection, at moment: Timestamp) -> Bool {
    if other.hasLegalHold, !hasLegalHold { return false }
    if let wanted = other.retention, moment < wanted.until {
      guard let retention, retention.mode == wanted.mode, retention.until >= wanted.until else {
        return false
      }
    }
    return Set(grants) == Set(other.grants)
  }
}

/// A kind of protection that a copy carries along.
package enum ProtectionKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Retention and legal holds.
  case locks
  /// Access control lists.
  case acls
}

/// What a bucket makes of protections of its objects.
package struct BucketProtection: Sendable, Hashable {
  /// The kinds that its objects can have.
  package var kinds: Set<ProtectionKind>
  /// What is put on every new object, in words; nil for nothing.
  package var defaultRetention: String?

  package init(kinds: Set<ProtectionKind>, defaultRetention: String? = nil) {
    self.kinds = kinds
    self.defaultRetention = defaultRetention
  }
}

/// Optional ability: a store whose objects can be locked, or have access lists.
///
/// A protection that stands in an entry's metadata is put on the object when it is written or
/// copied, in the same step as the content.
package protocol ProtectionKeeping: BucketStore {
  func protection() async throws(Failure) -> BucketProtection
  /// The protection of an object, or of one version of it; denied is a failure, never "none".
  func protection(
    of key: ObjectKey, version: String?, _ kinds: Set<ProtectionKind>
  ) async throws(Failure) -> ObjectProtection
}
