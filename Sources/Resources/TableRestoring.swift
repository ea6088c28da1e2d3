/// Of what a table is made anew.
package enum TableOrigin: Sendable, Hashable, Codable {
  /// A backup by the store's full name.
  case backup(String)
  /// What a table held at a moment; nil is the latest there is.
  case past(of: ResourceURL, at: Timestamp?)
}

/// How far back a store can tell what a table held.
package struct TablePast: Sendable, Hashable, Codable {
  package var earliest: Timestamp?
  package var latest: Timestamp?

  package init(earliest: Timestamp?, latest: Timestamp?) {
    self.earliest = earliest
    self.latest = latest
  }

  /// Whether a moment lies within; ends that are not told do not bind.
  package func holds(_ moment: Timestamp) -> Bool {
    moment >= earliest ?? moment && moment <= latest ?? moment
  }
}

/// What a restored table lacks until it is set again.
package struct TableSettings: Sendable, Hashable, Codable {
  /// The attribute by which items expire.
  package var timeToLive: String?
  /// For how many days its past is kept; nil if it is not.
  package var recoveryDays: Int?
  /// Which images its stream holds; nil without one.
  package var stream: String?
  package var tags: [String: String]
  package var isProtected: Bool
  /// What cannot be set through here, a line each, in words for a person.
  package var others: [String]

  package init(
    timeToLive: String? = nil, recoveryDays: Int? = nil, stream: String? = nil,
    tags: [String: String] = [:], isProtected: Bool = false, others: [String] = []
  ) {
    self.timeToLive = timeToLive
    self.recoveryDays = recoveryDays
    self.stream = stream
    self.tags = tags
    self.isProtected = isProtected
    self.others = others
  }
}

/// Optional ability: a store that keeps what its tables held.
package protocol TablePastKeeping: TableStore {
  /// Nil if this table's past is not kept.
  func past() async throws(Failure) -> TablePast?
}

/// Optional ability: a store that makes a table of a backup or of another table's past.
package protocol TableRestoring: TablePastKeeping {
  /// Begins to make this table, which must not exist.
  ///
  /// Safe to repeat: one that is being made, or was made, of the same origin is success; any other
  /// table is refused.
  func beginRestore(from origin: TableOrigin) async throws(Failure)
  /// Whether this table is made and can be used; throws if it is gone.
  func isRestored() async throws(Failure) -> Bool
  /// What a table restored of this one would lack.
  func settings() async throws(Failure) -> TableSettings
  /// Sets what this table lacks, and answers a line for each thing done; nothing to do is success.
  func complete(with settings: TableSettings) async throws(Failure) -> [String]
  /// Removes this table if it was made of that origin, its protection notwithstanding; none there
  /// is success, any other is refused.
  func deleteRestored(from origin: TableOrigin) async throws(Failure)
}
