import Harness
import JSON
import Testing

@testable import Program

/// Every fault that the old verifying scripts knew, by its name in their reports.
@Suite("The checks of old verifying scripts", .waiting)
struct VAMSChecksTests {
  private let later = VAMSChecks(report: .later, bucket: "b", prefix: "/base/")
  private let draft = VAMSChecks(report: .draft, bucket: "b")

  private func item(_ text: String) throws -> JSONValue {
    try JSONValue(reading: Array(text.utf8), dialect: .json5)
  }

  @Test("version rows")
  func versions() throws {
    let asset = try item("{assetId: {S: 'a'}, currentVersionId: {S: '1'}}")
    let row = try item(
      """
      {assetId: {S: 'a'}, assetVersionId: {S: '1'}, isCurrentVersion: {BOOL: true},
       dateCreated: {S: 'd'}, comment: {S: ''}, description: {S: ''}, createdBy: {S: 'c'}}
      """)
    #expect(later.version(row, of: asset) == nil)
    #expect(
      later.version(row, of: try item("{assetId: {S: 'a'}}"))?.type == "missing_current_version_id")
    #expect(later.version(nil, of: asset)?.type == "missing_version_record")
    // Asked for only where the migration writes it.
    var first = later
    first.release = "2.2.0"
    for checks in [first, draft] {
      let fault = try #require(checks.version(row, of: asset))
      #expect(fault.type == "incomplete_version_record")
      #expect(fault.message.hasSuffix("is missing fields: specifiedPipelines"))
    }
  }

  @Test(
    "assets of 2.2",
    arguments: [
      ("", "missing_asset_location"), ("assetLocation: {S: 'x'}", "invalid_asset_location"),
      ("assetLocation: {M: {}}", "incomplete_asset_location"),
      ("assetLocation: {M: {Key: {S: 'base/a/'}, Bucket: {S: 'b'}}}", "bucket_in_asset_location"),
      ("assetLocation: {M: {Key: {S: '/base/a/'}}}", "incorrect_asset_location_key"),
      ("assetLocation: {M: {Key: {S: 'base/a/'}}}", "missing_bucket_id"),
      (
        "assetLocation: {M: {Key: {S: 'base/a/'}}}, bucketId: {S: 'i'}, Parent: {S: ''}",
        "field_not_removed"
      ),
      ("assetLocation: {M: {Key: {S: 'base/a/'}}}, bucketId: {S: 'i'}", ""),
    ])
  func assets(attributes: String, type: String) throws {
    let faults = later.asset(try item("{assetId: {S: 'a'}, \(attributes)}"))
    #expect(faults.map(\.type) == (type.isEmpty ? [] : [type]))
    #expect(faults.allSatisfy { $0.field == (type == "field_not_removed" ? "Parent" : "") })
  }

  @Test(
    "assets of the draft",
    arguments: [
      ("assetLocation: {S: 'x'}", "invalid_asset_location"),
      ("assetLocation: {M: {Key: {S: 'a/'}}}", "incomplete_asset_location"),
      ("assetLocation: {M: {Key: {S: 'a/'}, Bucket: {S: 'c'}}}", "incorrect_bucket"),
      ("previewLocation: {L: []}", "invalid_preview_location"),
      ("previewLocation: {M: {Key: {S: 'p'}}}", "incomplete_preview_location"),
      ("previewLocation: {M: {Key: {S: 'p'}, Bucket: {S: 'c'}}}", "incorrect_preview_bucket"),
      // A text is as right as it was before.
      ("previewLocation: {S: 'p'}", ""),
    ])
  func drafts(attributes: String, type: String) throws {
    let whole =
      attributes.hasPrefix("asset")
      ? attributes : "assetLocation: {M: {Key: {S: 'a/'}, Bucket: {S: 'b'}}}, \(attributes)"
    let faults = draft.asset(try item("{assetId: {S: 'a'}, \(whole)}"))
    #expect(faults.map(\.type) == (type.isEmpty ? [] : [type]))
  }

  @Test("databases and comments")
  func others() throws {
    let fault = try #require(later.database(try item("{databaseId: {S: 'd'}}")))
    #expect(fault.type == "missing_default_bucket_id" && fault.database == "d")
    for (sort, current, type) in [
      ("no", ["1"], "invalid_sort_key"), ("1:c", nil, "asset_not_found"),
      ("1:c", [""], "missing_current_version_id"), ("0:c", ["1"], "version_mismatch"),
      ("1:c", ["2", "1"], nil),
    ] as [(String, [String]?, String?)] {
      let comment = try item("{assetId: {S: 'a'}, 'assetVersionId:commentId': {S: '\(sort)'}}")
      #expect(later.comment(comment, current: current)?.type == type, "\(sort)")
    }
    #expect(
      later.comment(try item("{assetId: {S: 'a'}}"), current: ["1"])?.type
        == "missing_required_fields")
  }

  @Test("links")
  func links() throws {
    let good = try item(
      """
      {assetLinkId: {S: 'l'}, 'fromAssetDatabaseId:fromAssetId': {S: 'd:a'},
       fromAssetDatabaseId: {S: 'd'}, fromAssetId: {S: 'a'},
       'toAssetDatabaseId:toAssetId': {S: 'd:b'}, toAssetDatabaseId: {S: 'd'}, toAssetId: {S: 'b'},
       relationshipType: {S: 'related'}, tags: {L: []}}
      """)
    #expect(later.link(good, areThere: true) == nil)
    #expect(later.link(good, areThere: false)?.type == "missing_referenced_asset")
    for (name, value, type) in [
      ("toAssetId", nil, "missing_required_fields"),
      ("relationshipType", ["S": "sibling"], "invalid_relationship_type"),
      ("toAssetId", ["S": "c"], "incorrect_composite_key"), ("tags", nil, "missing_tags_field"),
      ("tags", ["S": ""], "invalid_tags_field"),
    ] as [(String, JSONValue?, String)] {
      var bad = good
      bad[name] = value
      #expect(later.link(bad, areThere: true)?.type == type, "\(name)")
    }
  }
}
