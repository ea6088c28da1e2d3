import Exports
import Foundation
import Harness
import JSON
import Resources
import Testing

@Suite("Tables as exports show them", .waiting)
struct ExportTableTests {
  private static let messages = [
    "error: data checksum": "is damaged: its MD5 is",
    "error: data object missing": "is missing in",
    "error: output format": "the export's output format is ION",
    "error: item count (file)": "items, and the list of files says",
    "error: manifest checksum": "does not match its checksum file",
    "error: item count (summary)": "and the summary says",
    "error: malformed record": "is no record",
  ]

  @Test(
    "a damaged export is refused before its first item, and a sound odd one is read",
    arguments: try FileManager.default.contentsOfDirectory(
      atPath: "\(ExportWorld.fixtures)/export_damaged"
    ).sorted())
  func damaged(name: String) async throws {
    let folder = "export_damaged/\(name)"
    let expected = try JSONValue(reading: ExportWorld.bytes("\(folder)/case.json"))["expect"]?
      .string
    let url = try ExportWorld.url(folder, file: "case.json")
    guard expected != "ok" else {
      let items = try await ExportWorld.items(url, by: 5)
      #expect(Set(items).count == 12 && items.count == 12)
      #expect(try await ExportWorld.table(url).description()?.itemCount == 12)
      return
    }
    let message = try #require(Self.messages[expected ?? ""])
    let failure = try await #require(throws: Failure.self) {
      _ = try await ExportWorld.table(url).page(after: nil, limit: 1)
    }
    #expect(failure.summary.contains(message), "\(failure.summary)")
    let others = Self.messages.values.filter { $0 != message && failure.summary.contains($0) }
    #expect(others.isEmpty, "\(failure.summary)")
  }

  @Test("each item comes once, however the pages are cut and whoever reads on")
  func pages() async throws {
    let url = try ExportWorld.url("change_book_key")
    let expected = try ExportWorld.lines("change_book_key/Book.before.jsonl")
    #expect(expected.count == 165)
    #expect(try await ExportWorld.items(url) == expected)
    #expect(try await ExportWorld.items(url, by: 7) == expected)
    #expect(try await ExportWorld.items(url, by: 40, fresh: true) == expected)
    let table = try ExportWorld.table(url)
    let last = try await table.page(after: nil, limit: 165).elements[164]
    let key = try await table.key(of: last)
    let none = ItemKey(bytes: Array(#"{"id":{"S":"none"}}"#.utf8))
    #expect(try await table.items(for: [none, key, key]) == [nil, last, last])
    #expect(try await table.description()?.keys.map(\.name) == ["id"])
  }

  @Test(
    "the changes of a window are merged over the full export",
    arguments: [
      "new_and_old_images", "new_image",
    ])
  func merged(view: String) async throws {
    let folder = "book_incremental/\(view)"
    let key = try JSONValue(reading: ExportWorld.bytes("\(folder)/export-key.json"))["summary"]?
      .string
    let then = "\(ExportWorld.fixtures)/\(folder)/export/\(key ?? "")"
    let url = try ExportWorld.url("change_book_key", more: "?keys=id&then=\(then)")
    let expected = try ExportWorld.lines("\(folder)/Book.merged.jsonl")
    #expect(try await ExportWorld.items(url) == expected)
    #expect(try await ExportWorld.items(url, by: 30, fresh: true) == expected)
    // The same window twice changes nothing; changes alone are no table.
    #expect(try await ExportWorld.items(url + "&then=\(then)") == expected)
    let alone = try await #require(throws: Failure.self) {
      try await ExportWorld.items("export+dir://\(then)?keys=id")
    }
    #expect(alone.summary.contains("not all items"))
  }

  @Test("windows that leave a gap or belong to another table are refused")
  func gaps() async throws {
    let folder = try TemporaryFolder()
    let source = "\(ExportWorld.fixtures)/book_incremental/new_image/export/inc/AWSDynamoDB"
    let id = "01772823966727-22939aca"
    for (name, edit, message) in [
      (
        "gap", #"s/"exportFromTime": "[^"]*"/"exportFromTime": "2026-03-06T18:50:00Z"/"#,
        "in neither"
      ),
      ("old", #"s/"exportToTime": "[^"]*"/"exportToTime": "2026-03-06T18:30:00.000Z"/"#, "older"),
      ("other", #"s/"tableId": "[^"]*"/"tableId": "other"/"#, "of two tables"),
    ] {
      let copy = "\(folder.path)/\(name)/AWSDynamoDB"
      let made = try Tool.run([
        "sh", "-c",
        "mkdir -p $2 && cp -r $1/. $2 && sed -i \"$4\" $2/$3/manifest-summary.json && "
          + "openssl md5 -binary $2/$3/manifest-summary.json | base64 > $2/$3/manifest-summary.md5",
        "sh", source, copy, id, edit,
      ])
      try #require(made.status == 0, "\(made.errorText)")
      let url = try ExportWorld.url(
        "change_book_key", more: "?keys=id&then=\(copy)/\(id)/manifest-summary.json")
      let failure = try await #require(throws: Failure.self) {
        try await ExportWorld.table(url).description()
      }
      #expect(failure.summary.contains(message), "\(failure.summary)")
    }
  }

  @Test("what names no export, and what would write to one, is refused; none there is nil")
  func refusals() async throws {
    let url = try ExportWorld.url("change_book_key")
    #expect(throws: Failure.self) { try ExportWorld.table("export+dir:///a/manifest-summary.json") }
    #expect(throws: Failure.self) {
      try ExportWorld.table(url.replacingOccurrences(of: "?keys=id", with: ""))
    }
    let table = try ExportWorld.table(url)
    let item = try await table.page(after: nil, limit: 1).elements[0]
    for change in [ItemChange.put(item), .insert(item)] {
      await #expect(throws: Failure.self) { try await table.write([change]) }
    }
    await #expect(throws: Failure.self) { try await table.clear() }
    let absent = try ExportWorld.table(
      "export+dir://\(ExportWorld.fixtures)/AWSDynamoDB/1/manifest-summary.json?keys=id")
    #expect(try await absent.description() == nil)
  }
}
