import Foundation
import Harness
import JSON
import Testing

@Suite("The migration of VAMS 2.4 to 2.5", .waiting)
struct VersionsMigrationTests {
  private static let tables = [
    "assets": "asset_storage_table_name",
    "assetVersions": "asset_versions_storage_table_name_v1",
    "assetVersionsV2": "asset_versions_storage_table_name_v2",
    "fileVersions": "asset_file_versions_storage_table_name_v1",
    "fileVersionsV2": "asset_file_versions_storage_table_name_v2",
    "fileMetadataVersions": "asset_file_metadata_versions_storage_table_name",
  ]

  private func make(_ prefix: String, _ fixture: String = "v2.4_to_v2.5", load: Bool) throws
    -> MigrationStage
  {
    try MigrationStage(
      "v2.4-to-v2.5", fixture: fixture, prefix: prefix, tables: Self.tables, load: load)
  }

  @Test("gives what was recorded, names what it rejects, and takes all of it back")
  func recorded() throws {
    let migration = try make("v245-", load: true)
    let before = try migration.digest()
    let strict = try migration.run(["existing": "overwrite"])
    #expect(strict.code == MigrationStage.stopped, "\(strict.all)")
    #expect(strict.all.contains("items cannot be migrated, and 0 are allowed"))
    #expect(strict.all.contains("its key is not an asset and a version with a colon between"))
    let rollback = try migration.rollback()
    #expect(rollback.code == 0, "\(rollback.all)")
    #expect(try migration.digest() == before)
    let run = try migration.run(["existing": "overwrite", "rejects": "12"])
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    #expect(try migration.compare() == "alike: 671 items")
    #expect(run.all.contains("skipped 21 (no asset has its id: 9, rejected: 12)"), "\(run.all)")
    let back = try migration.rollback()
    #expect(back.code == 0, "\(back.all)")
    #expect(try migration.digest() == before)
  }

  @Test("killed in the middle, it goes on; run again, it changes nothing")
  func again() throws {
    let migration = try make("v245c-", "v2.4_to_v2.5_clear_v2", load: true)
    let words = ["clear": "yes", "rejects": "3"]
    let killed = try migration.run(words, program: .crashRunner, kill: "journal-after:14")
    #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
    let run = try migration.run(words)
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    #expect(try migration.compare() == "alike: 223 items")
    let accepted = try migration.accept()
    #expect(accepted.code == 0, "\(accepted.all)")
    let after = try migration.digest()
    let second = try migration.run(["rejects": "3"])
    #expect(second.code == MigrationStage.waiting, "\(second.all)")
    #expect(try migration.digest() == after)
    #expect(try migration.rollback().code == 0)
    #expect(try migration.digest() == after)
  }

  @Test("an empty table of assets is refused before anything is written")
  func withoutAssets() throws {
    let migration = try make("v245e-", load: false)
    try migration.put(Self.versions, #"{"assetId":{"S":"a"},"assetVersionId":{"S":"1"}}"#)
    let run = try migration.run()
    #expect(run.code == MigrationStage.stopped, "\(run.all)")
    #expect(run.all.contains("the table of assets is empty"))
    #expect(try migration.show("\(Self.versions)V2") == [])
  }

  @Test("an id in two databases is rejected, unless the version says which, or each shall have it")
  func shared() throws {
    let migration = try make("v245s-", load: false)
    try migration.put(
      Self.assets, #"{"databaseId":{"S":"d1"},"assetId":{"S":"a"}}"#,
      #"{"databaseId":{"S":"d2"},"assetId":{"S":"a"}}"#)
    try migration.put(
      Self.versions, #"{"assetId":{"S":"a"},"assetVersionId":{"S":"1"}}"#,
      #"{"assetId":{"S":"a"},"assetVersionId":{"S":"2"},"databaseId":{"S":"d1"}}"#)
    try migration.put(
      Self.files, #"{"assetId:assetVersionId":{"S":"a:1"},"fileKey":{"S":"f"}}"#,
      #"{"assetId:assetVersionId":{"S":"a:2"},"fileKey":{"S":"f"}}"#)
    let refused = try migration.run()
    #expect(refused.code == MigrationStage.stopped, "\(refused.all)")
    #expect(refused.all.contains("its asset id is in 2 databases"))
    #expect(try migration.rollback().code == 0)
    let passed = try migration.run(["rejects": "1"])
    #expect(passed.code == MigrationStage.waiting, "\(passed.all)")
    #expect(try keys(migration, "\(Self.versions)V2", "databaseId:assetId") == ["d1:a"])
    #expect(
      try keys(migration, "\(Self.files)V2", "databaseId:assetId:assetVersionId") == ["d1:a:2"])
    #expect(try migration.rollback().code == 0)
    let each = try migration.run(["shared": "each"])
    #expect(each.code == MigrationStage.waiting, "\(each.all)")
    #expect(
      try keys(migration, "\(Self.versions)V2", "databaseId:assetId") == ["d1:a", "d1:a", "d2:a"])
    #expect(
      try keys(migration, "\(Self.files)V2", "databaseId:assetId:assetVersionId")
        == ["d1:a:1", "d1:a:2", "d2:a:1"])
  }

  @Test("colons in ids of assets and versions are told apart by what is there")
  func colons() throws {
    let migration = try make("v245k-", load: false)
    try migration.put(
      Self.assets, #"{"databaseId":{"S":"d"},"assetId":{"S":"a"}}"#,
      #"{"databaseId":{"S":"d"},"assetId":{"S":"a:b"}}"#)
    try migration.put(
      Self.versions, #"{"assetId":{"S":"a"},"assetVersionId":{"S":"2:rc1"}}"#,
      #"{"assetId":{"S":"a:b"},"assetVersionId":{"S":"7"}}"#)
    try migration.put(
      Self.files, #"{"assetId:assetVersionId":{"S":"a:2:rc1"},"fileKey":{"S":"f"}}"#,
      #"{"assetId:assetVersionId":{"S":"a:b:7"},"fileKey":{"S":"f"}}"#,
      #"{"assetId:assetVersionId":{"S":"a:b:9"},"fileKey":{"S":"f"}}"#)
    try migration.put(
      Self.metadata, Self.record("d:a:2:rc1"), Self.record("d:a:b:7"), Self.record("x:y:1"))
    let run = try migration.run(["rejects": "1"])
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    #expect(run.all.contains("its key can be read as that of several assets"), "\(run.all)")
    #expect(try keys(migration, "\(Self.files)V2", "databaseId:assetId") == ["d:a", "d:a:b"])
    #expect(try keys(migration, Self.metadata, "databaseId:assetId") == ["d:a", "d:a:b", "x:y"])
  }

  @Test("what 2.5 has written since is kept, and said")
  func newer() throws {
    let migration = try make("v245n-", load: false)
    try migration.put(Self.assets, #"{"databaseId":{"S":"d"},"assetId":{"S":"a"}}"#)
    try migration.put(
      Self.versions,
      #"{"assetId":{"S":"a"},"assetVersionId":{"S":"1"},"comment":{"S":"of 2.4"}}"#)
    try migration.put(
      "\(Self.versions)V2",
      #"{"databaseId:assetId":{"S":"d:a"},"assetVersionId":{"S":"1"},"comment":{"S":"of 2.5"}}"#)
    let run = try migration.run()
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    #expect(run.all.contains("the target's own is kept: 1"), "\(run.all)")
    #expect(try keys(migration, "\(Self.versions)V2", "comment") == ["of 2.5"])
  }

  private static let assets = "vams-AssetStorageTable"
  private static let versions = "vams-AssetVersionsStorageTable"
  private static let files = "vams-AssetFileVersionsStorageTable"
  private static let metadata = "vams-AssetFileMetadataVersionsStorageTable"

  private static func record(_ key: String) -> String {
    #"{"databaseId:assetId:assetVersionId":{"S":"\#(key)"},"type:filePath:metadataKey":{"S":"k"}}"#
  }

  /// The texts of one attribute, sorted.
  private func keys(
    _ migration: MigrationStage, _ table: String, _ name: String
  ) throws -> [String] {
    try migration.show(table).compactMap { line in
      try JSONValue(reading: Array(line.utf8))[name]?["S"]?.string
    }.sorted()
  }
}
