import JSON
package import Resources

/// A table as an export of DynamoDB shows it, to be read only.
///
/// Its order is that of the manifest's files and their lines. Before the first item is given, the
/// manifests, their checksums, the MD5 and the number of lines of every file and every record have
/// been looked at, so an export that is damaged anywhere is refused before anybody writes.
package struct ExportTable: TableStore {
  package let url: ResourceURL
  private let keys: ExportKeys
  private let reading: ExportReading

  /// `open` gives the bucket that a URL names.
  package init(
    _ url: ResourceURL, inner: String,
    open: (ResourceURL) throws(Failure) -> any BucketStore
  ) throws(Failure) {
    self.url = url
    keys = try ExportKeys(url)
    var folders: [ExportFolder] = []
    for location in try ExportLocation.all(url, inner: inner) {
      folders.append(
        ExportFolder(url: url, bucket: try open(location.bucket), location: location))
    }
    reading = ExportReading(url, keys, folders)
  }

  package func description() async throws(Failure) -> TableDescription? {
    try await reading.description()
  }

  package func key(of item: Item) async throws(Failure) -> ItemKey {
    if let key = try? keys.key(of: item.bytes) { return key }
    throw .permanent(
      "\(url): an item lacks part of the key: "
        + String(decoding: item.bytes.prefix(Self.shownBytesMax), as: UTF8.self),
      hint: "Name the key's attributes by '\(ExportKeys.parameter)=' in the URL.")
  }

  private static let shownBytesMax = 200

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    precondition(limit > 0, "a page has room for an item")
    return try await reading.page(after: position, limit: limit)
  }

  /// Reads the export from its beginning until all were met: it has no index.
  package func items(for keys: [ItemKey]) async throws(Failure) -> [Item?] {
    var wanted = Set(keys)
    var found: [ItemKey: Item] = [:]
    var position: PagePosition?
    repeat {
      let page = try await reading.page(after: position, limit: Self.scanLimit)
      for item in page.elements {
        let key = try await key(of: item)
        if wanted.remove(key) != nil { found[key] = item }
      }
      position = page.next
    } while position != nil && !wanted.isEmpty
    return keys.map { found[$0] }
  }

  private static let scanLimit = 1000

  package func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome {
    throw readOnly()
  }

  package func create(like description: TableDescription) async throws(Failure) {
    throw readOnly()
  }

  package func clear() async throws(Failure) { throw readOnly() }

  package func delete() async throws(Failure) { throw readOnly() }

  private func readOnly() -> Failure {
    .refused(
      "\(url) is an export, which is only read", hint: "Name a table to write to instead.")
  }
}
