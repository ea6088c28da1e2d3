internal import JSON

/// One line of the report of an old verifying script: what is wrong with one record.
struct VAMSFault: Sendable, Equatable {
  var asset = ""
  var database = ""
  let type: String
  let message: String
  /// The field that should have gone; of that fault only.
  var field = ""
}

/// What the verifying scripts of 2.2 and of the draft looked at, record by record.
///
/// Each check stops at the first fault of a record, but every field that should have gone is named.
/// Items are DynamoDB JSON. `specifiedPipelines` is asked for only where the migration writes it:
/// the script of 2.5.1 asked for it always, so that no version ever passed.
struct VAMSChecks: Sendable {
  let report: VAMSMigration.Report
  /// The release whose version rows are expected, such as 2.2.0.
  var release = ""
  var bucket = ""
  var prefix = ""

  private static let gone = [
    "isMultiFile", "pipelineId", "executionId", "versions", "currentVersion", "specifiedPipelines",
    "Parent", "objectFamily",
  ]
  private static let firstRelease = "2.2.0"

  static func text(_ item: JSONValue, _ name: String) -> String? { item[name]?["S"]?.string }

  private func name(_ asset: JSONValue) -> String { Self.text(asset, "assetId") ?? "" }

  /// An asset's version row; nil for none there.
  func version(_ row: JSONValue?, of asset: JSONValue) -> VAMSFault? {
    let id = name(asset)
    func fault(_ type: String, _ message: String) -> VAMSFault {
      VAMSFault(asset: id, type: type, message: message)
    }
    guard let current = Self.text(asset, "currentVersionId") else {
      return fault(
        "missing_current_version_id", "Asset \(id) does not have currentVersionId field")
    }
    guard let row else {
      return fault(
        "missing_version_record", "Version record \(current) not found for asset \(id)")
    }
    var fields = [
      "assetId", "assetVersionId", "isCurrentVersion", "dateCreated", "comment", "description",
      "createdBy",
    ]
    if report == .draft || release.hasSameBytes(as: Self.firstRelease) {
      fields.append("specifiedPipelines")
    }
    let missing = fields.filter { row[$0] == nil }
    guard missing.isEmpty else {
      return fault(
        "incomplete_version_record",
        "Version record for asset \(id) is missing fields: \(missing.joined(separator: ", "))")
    }
    return nil
  }

  /// All that is wrong with an asset itself.
  func asset(_ asset: JSONValue) -> [VAMSFault] {
    let id = name(asset)
    let first = location(asset) ?? (report == .draft ? preview(asset) : bucketID(asset))
    if let first {
      return [VAMSFault(asset: id, type: first.type, message: "Asset \(id) \(first.what)")]
    }
    return Self.gone.filter { asset[$0] != nil }.map {
      VAMSFault(
        asset: id, type: "field_not_removed", message: "Asset \(id) still has field \($0)",
        field: $0)
    }
  }

  private typealias Finding = (type: String, what: String)

  private func location(_ asset: JSONValue) -> Finding? {
    guard let location = asset["assetLocation"] else {
      return ("missing_asset_location", "does not have assetLocation field")
    }
    guard let map = location["M"] else {
      return ("invalid_asset_location", "has an assetLocation that is not a map")
    }
    guard let key = Self.text(map, "Key"), report != .draft || map["Bucket"] != nil else {
      return ("incomplete_asset_location", "has an assetLocation without Key or Bucket")
    }
    if report == .draft {
      return Self.text(map, "Bucket") == bucket
        ? nil : ("incorrect_bucket", "has another Bucket in its assetLocation than \(bucket)")
    }
    guard map["Bucket"] == nil else {
      return ("bucket_in_asset_location", "has a Bucket in its assetLocation")
    }
    let place = (prefix.hasPrefix("/") ? String(prefix.dropFirst()) : prefix) + name(asset) + "/"
    return key.hasSameBytes(as: place)
      ? nil : ("incorrect_asset_location_key", "has the Key \(key) where \(place) is expected")
  }

  private func bucketID(_ asset: JSONValue) -> Finding? {
    asset["bucketId"] == nil ? ("missing_bucket_id", "does not have bucketId field") : nil
  }

  /// A preview may be a text too, which the draft leaves as it is.
  private func preview(_ asset: JSONValue) -> Finding? {
    guard let preview = asset["previewLocation"], preview["S"] == nil else { return nil }
    guard let map = preview["M"] else {
      return ("invalid_preview_location", "has a previewLocation that is not a map")
    }
    guard map["Key"] != nil, let found = Self.text(map, "Bucket") else {
      return ("incomplete_preview_location", "has a previewLocation without Key or Bucket")
    }
    return found.hasSameBytes(as: bucket)
      ? nil : ("incorrect_preview_bucket", "has another Bucket in its previewLocation")
  }

  func database(_ item: JSONValue) -> VAMSFault? {
    guard item["defaultBucketId"] == nil else { return nil }
    let id = Self.text(item, "databaseId") ?? ""
    return VAMSFault(
      database: id, type: "missing_default_bucket_id",
      message: "Database \(id) does not have defaultBucketId field")
  }

  /// A comment; `current` are the current versions of all assets of its id, empty for one without.
  func comment(_ item: JSONValue, current: [String]?) -> VAMSFault? {
    let id = name(item)
    func fault(_ type: String, _ message: String) -> VAMSFault {
      VAMSFault(asset: id, type: type, message: message)
    }
    guard let sort = Self.text(item, "assetVersionId:commentId"), !id.isEmpty else {
      return fault("missing_required_fields", "Comment is missing required fields")
    }
    guard let colon = sort.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      return fault("invalid_sort_key", "Invalid sort key format: \(sort)")
    }
    guard let current else {
      return fault("asset_not_found", "Asset \(id) not found for comment")
    }
    guard current.contains(where: { !$0.isEmpty }) else {
      return fault(
        "missing_current_version_id", "Asset \(id) does not have currentVersionId field")
    }
    let version = String(sort[..<colon])
    guard current.contains(where: { $0.hasSameBytes(as: version) }) else {
      return fault(
        "version_mismatch",
        "Comment of version \(version), where \(current.joined(separator: ", ")) is current")
    }
    return nil
  }

  /// A link of the new table; `areThere` says whether both of its assets are.
  func link(_ item: JSONValue, areThere: Bool) -> VAMSFault? {
    let id = Self.text(item, "assetLinkId") ?? ""
    func fault(_ type: String, _ message: String) -> VAMSFault {
      VAMSFault(
        asset: Self.text(item, "fromAssetId") ?? "", type: type,
        message: "Asset link \(id) \(message)")
    }
    let missing = [
      "assetLinkId", "fromAssetDatabaseId:fromAssetId", "fromAssetDatabaseId", "fromAssetId",
      "toAssetDatabaseId:toAssetId", "toAssetDatabaseId", "toAssetId", "relationshipType",
    ].filter { item[$0] == nil }
    guard missing.isEmpty else {
      return fault(
        "missing_required_fields", "is missing fields: \(missing.joined(separator: ", "))")
    }
    let type = Self.text(item, "relationshipType") ?? ""
    guard ["related", "parentChild"].contains(where: { $0.hasSameBytes(as: type) }) else {
      return fault("invalid_relationship_type", "has invalid relationshipType: \(type)")
    }
    for end in ["from", "to"] {
      let parts = ["AssetDatabaseId", "AssetId"].map { Self.text(item, end + $0) ?? "" }
      let whole = Self.text(item, "\(end)AssetDatabaseId:\(end)AssetId") ?? ""
      guard whole.hasSameBytes(as: parts.joined(separator: ":")) else {
        return fault("incorrect_composite_key", "has an incorrect composite key: \(whole)")
      }
    }
    guard areThere else {
      return fault("missing_referenced_asset", "names an asset that is not there")
    }
    guard let tags = item["tags"] else {
      return fault("missing_tags_field", "does not have tags field")
    }
    return tags["L"] == nil ? fault("invalid_tags_field", "has tags that are not a list") : nil
  }
}
