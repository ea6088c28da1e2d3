/// A migration of VAMS that is shipped as a playbook, and what its old script was told by.
///
/// A further one is a playbook and a case here: each key of the old configuration file says which
/// parameter of the playbook it sets, and each parameter how it is found if nobody gives it.
struct VAMSMigration: Sendable {
  /// What a key of the old file holds.
  enum Kind: Sendable {
    case text
    case flag
    /// A flag whose parameter says "yes".
    case yes
    /// A whole number from 0; of `limit`, 0 means none.
    case count
  }

  /// A key of the old file; one without a parameter is read by the command itself, or has no use.
  struct Key: Sendable {
    let name: String
    let parameter: String?
    let kind: Kind

    init(_ name: String, _ parameter: String? = nil, _ kind: Kind = .text) {
      self.name = name
      self.parameter = parameter
      self.kind = kind
    }
  }

  /// How a parameter that nobody gives is found in the stack.
  enum Source: Sendable {
    /// The table of a construct.
    case table(String)
    /// The value of an output, of nested stacks too.
    case output(String)
    /// The queue whose name ends so.
    case queue(suffix: String)
  }

  struct Place: Sendable {
    let parameter: String
    let source: Source
    /// Whether its steps are left out, as the old script did, when nobody gives it.
    let isOptional: Bool

    init(_ parameter: String, _ source: Source, optional isOptional: Bool = false) {
      self.parameter = parameter
      self.source = source
      self.isOptional = isOptional
    }
  }

  let name: String
  let summary: String
  let keys: [Key]
  let places: [Place]
  /// Parameters that are no places and have no default: each must be given.
  var required: [String] = []
  /// Whether a dry run asks the function for one too; others leave their invocations out.
  var invokesInDryRun = false

  var file: String { "\(name).json5" }

  /// The keys that every script has.
  private static let shared = [
    Key("aws_profile"), Key("aws_region"), Key("log_level"), Key("batch_size", nil, .count),
    Key("dry_run", nil, .flag), Key("limit", nil, .count),
  ]

  var allKeys: [Key] { keys + Self.shared }

  static func named(_ name: String) -> VAMSMigration? {
    all.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  static let all = [
    VAMSMigration(
      name: "v2.1-to-v2.2", summary: "assets, versions, databases, comments and links",
      keys: [
        Key("assets_table_name", "assets"), Key("asset_versions_table_name", "versions"),
        Key("s3_asset_buckets_table_name", "bucketTable"),
        Key("databases_table_name", "databases"), Key("comment_storage_table_name", "comments"),
        Key("asset_links_table_name", "links"), Key("asset_links_table_v2_name", "newLinks"),
        Key("base_assets_prefix", "prefix"), Key("asset_bucket_name", "bucket"),
      ],
      places: [
        Place("assets", .table("AssetStorageTable")),
        Place("versions", .table("AssetVersionsStorageTable")),
        Place("bucketTable", .table("S3AssetBucketsStorageTable")),
        Place("databases", .table("DatabaseStorageTable")),
        Place("comments", .table("CommentStorageTable"), optional: true),
        Place("links", .table("AssetLinksStorageTable"), optional: true),
        Place("newLinks", .table("AssetLinksStorageTableV2.2"), optional: true),
      ], required: ["bucket"]),
    VAMSMigration(
      name: "v2.2-to-v2.3-legacy", summary: "the draft that no release contains",
      keys: [
        Key("assets_table_name", "assets"), Key("asset_versions_table_name", "versions"),
        Key("asset_bucket_name", "bucket"),
      ],
      places: [
        Place("assets", .table("AssetStorageTable")),
        Place("versions", .table("AssetVersionsStorageTable")),
      ], required: ["bucket"]),
    VAMSMigration(
      name: "v2.2-to-v2.3", summary: "search indexes made anew",
      keys: [
        Key("function_name", "reindexer"), Key("operation", "operation"),
        Key("clear_indexes", "clear", .flag),
      ],
      places: [
        Place("reindexer", .output("ReindexerFunctionNameOutput")),
        Place("assetQueue", .queue(suffix: "-assetIndexer"), optional: true),
        Place("fileQueue", .queue(suffix: "-fileIndexer"), optional: true),
      ], invokesInDryRun: true),
    VAMSMigration(
      name: "v2.4-to-v2.5", summary: "versions of assets and files under new keys",
      keys: [
        Key("asset_storage_table_name", "assets"),
        Key("asset_versions_storage_table_name_v1", "assetVersions"),
        Key("asset_versions_storage_table_name_v2", "assetVersionsV2"),
        Key("asset_file_versions_storage_table_name_v1", "fileVersions"),
        Key("asset_file_versions_storage_table_name_v2", "fileVersionsV2"),
        Key("asset_file_metadata_versions_storage_table_name", "fileMetadataVersions"),
        Key("clear_v2", "clear", .yes),
      ],
      places: [
        Place("assets", .table("AssetStorageTable")),
        Place("assetVersions", .table("AssetVersionsStorageTable")),
        Place("assetVersionsV2", .table("AssetVersionsStorageTableV2")),
        Place("fileVersions", .table("AssetFileVersionsStorageTable")),
        Place("fileVersionsV2", .table("AssetFileVersionsStorageTableV2")),
        Place(
          "fileMetadataVersions", .table("AssetFileMetadataVersionsStorageTable"), optional: true),
      ]),
  ]
}
