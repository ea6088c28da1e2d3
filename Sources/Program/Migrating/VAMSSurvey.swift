internal import JSON
internal import Resources
internal import Rollouts

/// Counts what tells the generation of VAMS in the tables of a stack; changes nothing.
struct VAMSSurvey: Sendable {
  /// Physical names by construct.
  let tables: [String: String]
  /// Further constructs to count, of later releases.
  let others: [String]
  let region: String
  let profile: String?
  let wiring: Wiring

  private static let pageLimit = 1000

  static let constructs = [
    "AssetStorageTable", "AuthEntitiesTable", "ConstraintsStorageTable", "MetadataStorageTable",
    "AssetFileMetadataStorageTableV2", "AssetVersionsStorageTable", "AssetVersionsStorageTableV2",
    "AssetFileVersionsStorageTable", "AssetFileVersionsStorageTableV2",
    "AssetFileMetadataVersionsStorageTable",
  ]

  func counts() async throws -> VAMSGeneration.Counts {
    var counts = VAMSGeneration.Counts()
    var assets = VAMSGeneration.Assets()
    try await read("AssetStorageTable") { assets.add($0) }
    counts.assets = assets
    counts.oldConstraints = try await count("AuthEntitiesTable") { item in
      item["entityType"]?["S"]?.string == "constraint"
    }
    counts.constraints = try await count("ConstraintsStorageTable")
    counts.oldMetadata = try await count("MetadataStorageTable")
    counts.metadata = try await count("AssetFileMetadataStorageTableV2")
    counts.versions = try await count("AssetVersionsStorageTable")
    counts.versionsV2 = try await count("AssetVersionsStorageTableV2")
    counts.fileVersions = try await count("AssetFileVersionsStorageTable")
    counts.fileVersionsV2 = try await count("AssetFileVersionsStorageTableV2")
    counts.bareMetadataVersions = try await count("AssetFileMetadataVersionsStorageTable") {
      ($0["databaseId:assetId"]?["S"]?.string ?? "").isEmpty
    }
    for construct in others { counts.others[construct] = try await count(construct) }
    return counts
  }

  /// Nil for a table that is not named.
  private func count(
    _ construct: String, where isMeant: (JSONValue) -> Bool = { _ in true }
  ) async throws -> Int? {
    guard tables[construct] != nil else { return nil }
    var count = 0
    try await read(construct) { if isMeant($0) { count += 1 } }
    return count
  }

  private func read(_ construct: String, _ take: (JSONValue) -> Void) async throws {
    guard let name = tables[construct] else { return }
    let access = profile.map { "?profile=\($0)" } ?? ""
    let url = try ResourceURL("dynamodb://\(region)/\(name)\(access)")
    let table = try wiring.resources.table(url, in: wiring.outside.context)
    var position: PagePosition?
    repeat {
      let page = try await table.page(after: position, limit: Self.pageLimit)
      for item in page.elements { take(try JSONValue(reading: item.bytes)) }
      guard page.next == nil || page.next != position else {
        throw Failure.permanent(
          "\(url) gives the same page again and again", hint: "Report this bug.")
      }
      position = page.next
    } while position != nil
  }
}

extension VAMSGeneration.Assets {
  /// Takes one more asset, in DynamoDB JSON.
  mutating func add(_ asset: JSONValue) {
    if asset["currentVersion"] != nil || asset["versions"] != nil {
      old += 1
    } else if asset["bucketId"] != nil {
      later += 1
    } else if asset["assetLocation"]?["M"]?["Bucket"] != nil {
      draft += 1
    } else {
      silent += 1
    }
  }
}
