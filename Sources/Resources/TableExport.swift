/// What is to be written out of a table's past.
package struct TableExportOrder: Sendable, Hashable, Codable {
  package enum Extent: Sendable, Hashable, Codable {
    /// All that it held at a moment; nil is the latest there is.
    case full(at: Timestamp?)
    /// What changed from a moment up to another, that one excluded; nil is the latest there is.
    case changes(from: Timestamp, to: Timestamp?, withOldImages: Bool)
  }

  package var extent: Extent
  /// Where the files go: a bucket, and what their names begin with.
  package var bucket: String
  package var prefix: String
  /// The account of the bucket, where that is another one.
  package var bucketOwner: String?
  /// The key of KMS that encrypts the files; nil for the bucket's own way.
  package var keyID: String?
  /// What tells this order from any other, so that it is taken once however often it is sent.
  package var token: String

  package init(extent: Extent, bucket: String, prefix: String, token: String) {
    self.extent = extent
    self.bucket = bucket
    self.prefix = prefix
    self.token = token
  }
}

/// An export that was begun, and how it goes.
package struct TableExport: Sendable, Hashable, Codable {
  package enum State: Sendable, Hashable, Codable {
    case running
    case completed
    /// In the store's own words.
    case failed(String)
  }

  /// The store's full name for it.
  package var id: String
  package var state: State
  package var itemCount: Int?
  package var byteCount: Int64?
  /// The key of the object that lists what was written; nil where that is not told.
  package var manifest: String?
  /// The moment whose state it holds, or up to which it tells the changes.
  package var moment: Timestamp?

  package init(id: String, state: State) {
    self.id = id
    self.state = state
  }
}

/// Optional ability: a store that writes a table's past into a bucket by itself.
package protocol TableExporting: TablePastKeeping {
  /// Begins an export; one that was begun with the same token some hours ago is answered instead.
  func beginExport(_ order: TableExportOrder) async throws(Failure) -> TableExport
  /// The export of this table that was begun with that token; nil if the store knows of none.
  func export(begunWith token: String) async throws(Failure) -> TableExport?
  func export(withID id: String) async throws(Failure) -> TableExport
}
