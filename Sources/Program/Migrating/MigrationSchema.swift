internal import JSON

/// What a `MigrationSchema_*.json` of the old VAMS migration script says: what to copy where.
///
/// The script took any file as it was and failed in the middle; here every mistake is found before
/// anything is touched. The script never read `attributes`; here it means renames.
struct MigrationSchema: Sendable, Equatable {
  struct Bucket: Sendable, Equatable {
    var descriptor: String
    var from: String
    var to: String
  }

  struct Rename: Sendable, Equatable {
    var from: String
    var to: String
  }

  struct Table: Sendable, Equatable {
    var descriptor: String
    var from: String
    var to: String
    var renames: [Rename]
  }

  var regionFrom: String
  var regionTo: String
  var buckets: [Bucket]
  var tables: [Table]

  /// Its templates leave out the table of asset links, and the script left the links behind.
  var namesLinks: Bool {
    tables.contains { $0.descriptor.lowercased().contains("link") }
  }
}
