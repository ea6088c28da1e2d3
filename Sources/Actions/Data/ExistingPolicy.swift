/// What a copy does about what its target holds already.
package enum ExistingPolicy: String, Codable, Sendable, CaseIterable {
  /// The target must be empty.
  case refuse
  /// What is there stays; the source's version is left out and counted.
  case keep
  /// The source's version replaces it; undo puts the former one back.
  case overwrite
}

/// Whether the source of a copy may change while it is copied.
package enum SourceState: String, Codable, Sendable, CaseIterable {
  /// Nobody writes: a change found afterwards fails the verification.
  case frozen
  /// Somebody may write; the copy is held to what it read.
  case moving
}

/// Whether others may write to the target of a copy while it is filled.
package enum TargetState: String, Codable, Sendable, CaseIterable {
  /// Nobody does: what it held was seen when the copy began.
  case quiet
  /// Somebody may: each key is checked as it is written, at a request for each item in some stores.
  case busy
}
