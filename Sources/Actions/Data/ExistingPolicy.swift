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
