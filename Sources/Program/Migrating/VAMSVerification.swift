internal import JSON
internal import Resources
internal import Rollouts

/// Reads the tables of a migration back and writes the report of its old verifying script.
///
/// Changes nothing. Of assets, only ids and current versions are kept in memory, for the comments.
struct VAMSVerification {
  let book: VAMSPlaybook
  let kind: VAMSMigration.Report
  let region: String
  let wiring: Wiring

  private static let pageLimit = 500

  private var checks: VAMSChecks {
    VAMSChecks(
      report: kind, release: book.text("release") ?? "", bucket: book.text("bucket") ?? "",
      prefix: book.text("prefix") ?? "")
  }

  /// Writes both files; gives the number of records that are as they should be, and of the others.
  func write(to path: String) async throws -> (successes: Int, errors: Int) {
    var file = try VAMSReportFile(path, kind: kind)
    var current: [UTF8Key: [String]] = [:]
    file.begin("version_verification")
    try await versions(&file, &current)
    file.begin(kind == .draft ? "update_verification" : "asset_verification")
    try await each("assets", &file) { checks.asset($0) }
    if kind == .later {
      file.begin("database_verification")
      try await each("databases", &file) { [checks.database($0)].compactMap { $0 } }
      if book.text("comments") != nil {
        file.begin("comment_verification")
        try await each("comments", &file) { comment in
          let id = VAMSChecks.text(comment, "assetId") ?? ""
          return [checks.comment(comment, current: current[UTF8Key(id)])].compactMap { $0 }
        }
      }
      if book.text("newLinks") != nil {
        file.begin("asset_links_verification")
        try await links(&file)
      }
    }
    try file.finish(at: wiring.clock.now())
    return (file.successes, file.errors)
  }

  private func table(_ parameter: String) throws -> any TableStore {
    let access = book.profile.map { "?profile=\($0)" } ?? ""
    let url = try ResourceURL(
      "dynamodb://\(region)/\(book.text(parameter) ?? "")\(access)")
    return try wiring.resources.table(url, in: wiring.outside.context)
  }

  private func pages(_ parameter: String, _ take: ([JSONValue]) async throws -> Void) async throws {
    let table = try table(parameter)
    var position: PagePosition?
    repeat {
      let page = try await table.page(after: position, limit: Self.pageLimit)
      try await take(try page.elements.map { try JSONValue(reading: $0.bytes) })
      guard page.next == nil || page.next != position else {
        throw Failure.permanent(
          "\(table.url) gives the same page again and again", hint: "Report this bug.")
      }
      position = page.next
    } while position != nil
  }

  private func each(
    _ parameter: String, _ file: inout VAMSReportFile, _ check: (JSONValue) -> [VAMSFault]
  ) async throws {
    try await pages(parameter) { items in
      for item in items { try file.add(check(item)) }
    }
  }

  private func versions(
    _ file: inout VAMSReportFile, _ current: inout [UTF8Key: [String]]
  ) async throws {
    let table = try table("versions")
    try await pages("assets") { assets in
      var keys: [ItemKey?] = []
      for asset in assets {
        let id = VAMSChecks.text(asset, "assetId") ?? ""
        let version = VAMSChecks.text(asset, "currentVersionId")
        current[UTF8Key(id), default: []].append(version ?? "")
        guard let version, !id.isEmpty, !version.isEmpty else {
          keys.append(nil)
          continue
        }
        keys.append(try await key(["assetId": id, "assetVersionId": version], of: table))
      }
      let rows = try await items(keys, of: table)
      for (asset, row) in zip(assets, rows) {
        try file.add([checks.version(row, of: asset)].compactMap { $0 })
      }
    }
  }

  private func links(_ file: inout VAMSReportFile) async throws {
    let assets = try table("assets")
    try await pages("newLinks") { links in
      var keys: [ItemKey?] = []
      for link in links {
        for end in ["from", "to"] {
          let base = VAMSChecks.text(link, "\(end)AssetDatabaseId") ?? ""
          let id = VAMSChecks.text(link, "\(end)AssetId") ?? ""
          // No key may be empty, so nothing is there.
          let isKey = !base.isEmpty && !id.isEmpty
          keys.append(
            isKey ? try await key(["databaseId": base, "assetId": id], of: assets) : nil)
        }
      }
      let found = try await items(keys, of: assets)
      for (index, link) in links.enumerated() {
        let areThere = found[2 * index] != nil && found[2 * index + 1] != nil
        try file.add([checks.link(link, areThere: areThere)].compactMap { $0 })
      }
    }
  }

  /// The items with these keys; nil where there is no key or nothing has it.
  private func items(_ keys: [ItemKey?], of table: any TableStore) async throws -> [JSONValue?] {
    let wanted = Set(keys.compactMap { $0 }).sorted()
    var found: [ItemKey: JSONValue] = [:]
    for (key, item) in zip(wanted, try await table.items(for: wanted)) {
      found[key] = try item.map { try JSONValue(reading: $0.bytes) }
    }
    return keys.map { key in key.flatMap { found[$0] } }
  }

  private func key(
    _ texts: KeyValuePairs<String, String>, of table: any TableStore
  ) async throws -> ItemKey {
    let members = texts.map { JSONValue.Member($0.key, ["S": .string($0.value)]) }
    return try await table.key(
      of: Item(bytes: JSONValue.object(members).compact(), isCanonical: false))
  }
}
