import Exports
import Foundation
import Harness
import JSON
import Local
import Resources

/// The export trees beside this file, opened through the providers as a playbook would.
struct ExportWorld {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures").path

  static let catalog = ResourceCatalog(
    LocalProviders.all + ExportProviders.over(LocalProviders.all))

  static func table(_ text: String) throws -> any TableStore {
    try catalog.table(
      try ResourceURL(text),
      in: ProviderContext(
        secrets: Secrets { _, _ throws(Failure) in nil }, clock: ManualClock(movesByItself: true)))
  }

  /// The URL of the summary that a fixture names.
  static func url(_ fixture: String, file: String = "export-key.json", more: String = "?keys=id")
    throws -> String
  {
    let key = try JSONValue(reading: bytes("\(fixture)/\(file)"))["key"]?.string ?? ""
    return "export+dir://\(fixtures)/\(fixture)/export/\(key)\(more)"
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(fixtures)/\(name)")))
  }

  /// The canonical items of a file of lines, sorted.
  static func lines(_ name: String) throws -> [[UInt8]] {
    try bytes(name).split(separator: UInt8(ascii: "\n"))
      .map { try ItemForm.canonical(Array($0)) }
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// All items in canonical form, sorted; each page from a store of its own if `fresh`.
  static func items(_ text: String, by limit: Int = 1000, fresh: Bool = false) async throws
    -> [[UInt8]]
  {
    var table = try table(text)
    var items: [[UInt8]] = []
    var position: PagePosition?
    repeat {
      if fresh { table = try Self.table(text) }
      let page = try await table.page(after: position, limit: limit)
      items += try page.elements.map { try ItemForm.canonical($0.bytes) }
      position = page.next
    } while position != nil
    return items.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
