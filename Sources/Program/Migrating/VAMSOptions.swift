internal import Commands
internal import JSON

/// Options of the old VAMS migration scripts, by the keys of their configuration files.
///
/// What is given here wins over the file, and the file over what the playbook says.
struct VAMSOptions: Sendable {
  var texts: [String: String] = [:]
  var flags: Set<String> = []
  var limit: Int?
  var batchSize: Int?
  var logLevel: LogLevel?

  /// As the scripts had it; what happens is always told in full.
  enum LogLevel: String, CaseIterable, ArgumentValue {
    case debug = "DEBUG"
    case info = "INFO"
    case warning = "WARNING"
    case error = "ERROR"
    case critical = "CRITICAL"
  }

  /// An option of old, and the key of the file that it stands for.
  private struct Word {
    let option: String
    let key: String
    let help: String

    init(_ option: String, _ key: String, _ help: String) {
      self.option = option
      self.key = key
      self.help = help
    }
  }

  private static let words = [
    Word("assets-table", "assets_table_name", "The table of assets."),
    Word("asset-versions-table", "asset_versions_table_name", "The table of their versions."),
    Word(
      "s3-asset-buckets-table", "s3_asset_buckets_table_name", "The table of buckets of assets."),
    Word("databases-table", "databases_table_name", "The table of databases."),
    Word("comments-table", "comment_storage_table_name", "The table of comments."),
    Word("asset-links-table", "asset_links_table_name", "The old table of links."),
    Word("asset-links-table-v2", "asset_links_table_v2_name", "The new table of links."),
    Word("base-assets-prefix", "base_assets_prefix", "Where assets begin in their bucket."),
    Word("asset-bucket-name", "asset_bucket_name", "The bucket of assets."),
    Word("asset-bucket", "asset_bucket_name", "The same."),
    Word("function-name", "function_name", "The function that makes search indexes anew."),
    Word("operation", "operation", "What it does: assets, files or both."),
  ]

  private static let switches = [
    Word("clear-indexes", "clear_indexes", "Have the search indexes emptied first."),
    Word("clear-v2", "clear_v2", "Empty the new tables of versions first."),
    Word(
      "delete-old-data", "delete_old_data",
      "Delete each old record that is found in the new tables."),
  ]

  static let fields: [Field<Self>] =
    words.map { .option($0.option, \.texts[$0.key], "name", $0.help) }
    + switches.map { .flag($0.option, \.[flag: $0.key], $0.help) }
    + [
      .option("limit", \.limit, "count", "The most items to read of each table, for a trial."),
      .option(
        "batch-size", \.batchSize, "count",
        "Taken for old command lines: requests are never larger than the service allows."),
      .option("log-level", \.logLevel, "level", "Taken for old command lines."),
    ]

  /// Switches by key.
  private subscript(flag key: String) -> Bool {
    get { flags.contains(key) }
    set { if newValue { flags.insert(key) } else { flags.remove(key) } }
  }

  /// What is wrong with the counts; files are held to the same.
  func problem() -> String? {
    if let limit, limit < 0 { return "--limit counts items; 0 means all" }
    if let batchSize, batchSize < 1 { return "--batch-size counts items, from 1 on" }
    return nil
  }

  /// Options that say nothing to a migration.
  func strangers(to migration: VAMSMigration) -> [String] {
    let known = Set(migration.allKeys.map(\.name))
    return (Self.words + Self.switches).filter {
      !known.contains($0.key) && (texts[$0.key].said != nil || flags.contains($0.key))
    }.map { "--\($0.option)" }
  }

  /// The file with what is given here in its place.
  func over(_ config: VAMSConfig) -> VAMSConfig {
    var config = config
    for (key, text) in texts where !text.isEmpty { config.values[key] = .string(text) }
    for key in flags { config.values[key] = .bool(true) }
    if let limit { config.values["limit"] = .number("\(limit)") }
    if let batchSize { config.values["batch_size"] = .number("\(batchSize)") }
    config.placeholders.removeAll { texts[$0].said != nil }
    return config
  }
}

extension String? {
  /// The text of an option; an empty one, such as of a variable that is not set, says nothing.
  var said: String? { self?.isEmpty == false ? self : nil }
}
