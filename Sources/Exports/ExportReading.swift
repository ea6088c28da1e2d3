import JSON
import Resources

/// Reads the exports of one table in order, once all of them have been checked.
///
/// The changes come first, the latest window before the others, and then the items of the full
/// export that no window speaks of; so each key is met once, and only marks of the keys that
/// changed are held in memory.
actor ExportReading {
  /// More changes than this are not merged: their marks would take more than a GiB of memory.
  private static let changesMax = 20_000_000

  private let url: ResourceURL
  private let keys: ExportKeys
  /// The full export, then the windows in their order.
  private let folders: [ExportFolder]
  private var manifests: [ExportManifest]?
  /// The last window that speaks of a key.
  private var changed: [KeyMark: Int]?
  /// Where the last page ended, with the file open there.
  private var open: (place: ExportPlace, lines: ExportLines)?

  init(_ url: ResourceURL, _ keys: ExportKeys, _ folders: [ExportFolder]) {
    self.url = url
    self.keys = keys
    self.folders = folders
  }

  /// Nil when there surely is no export.
  func description() async throws(Failure) -> TableDescription? {
    guard try await folders[0].bucket.description() != nil,
      try await folders[0].bucket.entry(folders[0].location.summary) != nil
    else { return nil }
    let manifests = try await listed()
    return TableDescription(
      keys: keys.attributes, itemCount: folders.count == 1 ? manifests[0].itemCount : nil)
  }

  func page(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<Item> {
    let manifests = try await checked()
    var place = try ExportPlace(position, in: url, manifests)
    var lines: ExportLines?
    if let open, open.place == place { lines = open.lines }
    open = nil
    var items: [Item] = []
    while items.count < limit {
      guard let manifest = manifests.dropFirst(place.export).first else {
        return Page(items, next: nil)
      }
      guard place.file < manifest.files.count else {
        place = ExportPlace(export: place.export + 1)
        continue
      }
      let file = manifest.files[place.file]
      let folder = folders[order(place.export)]
      let reading = if let lines { lines } else { try await opened(file, folder, place.line) }
      lines = reading
      guard let line = try await next(reading, file, folder) else {
        place = ExportPlace(export: place.export, file: place.file + 1)
        lines = nil
        continue
      }
      place.line = reading.count
      if let item = try item(line, order(place.export), file) { items.append(item) }
    }
    if let lines { open = (place, lines) }
    return Page(items, next: place.position)
  }

  /// The number of the folder that is read at this turn: the last window first, the base last.
  private func order(_ turn: Int) -> Int { folders.count - 1 - turn }

  private func opened(
    _ file: ExportManifest.File, _ folder: ExportFolder, _ line: Int
  ) async throws(Failure) -> ExportLines {
    let lines = try await folder.lines(of: file)
    while lines.count < line {
      guard try await next(lines, file, folder) != nil else {
        throw ExportManifest.damaged("\(url): '\(file.object.text)' has no line \(line) any more")
      }
    }
    return lines
  }

  private func next(
    _ lines: ExportLines, _ file: ExportManifest.File, _ folder: ExportFolder
  ) async throws(Failure) -> [UInt8]? {
    do throws(ExportFault) {
      if let line = try await lines.next() { return line }
    } catch {
      throw folder.failure(error, file)
    }
    guard lines.count == file.itemCount else {
      throw ExportManifest.damaged(
        "\(url): '\(file.object.text)' is not what it was when the export was checked")
    }
    return nil
  }

  /// The item that a record gives the table; nil where it gives none, or a later one speaks.
  private func item(
    _ line: [UInt8], _ export: Int, _ file: ExportManifest.File
  ) throws(Failure) -> Item? {
    do throws(JSONScanner.Malformed) {
      let bytes: [UInt8]
      switch try ExportRecord(line, ofChanges: export > 0) {
      case .item(let item):
        bytes = item
        guard let changed, !changed.isEmpty else { break }
        guard let key = try keys.key(of: item), changed[KeyMark(key)] == nil else { return nil }
      case .change(let told, let new):
        guard let new, let key = try keys.key(of: told), changed?[KeyMark(key)] == export else {
          return nil
        }
        bytes = new
      }
      return Item(bytes: bytes, isCanonical: ItemForm.isCanonical(bytes))
    } catch {
      throw ExportManifest.damaged(
        "\(url): '\(file.object.text)' is not what it was when the export was checked")
    }
  }

  // MARK: What is checked

  /// The manifests, the full export's first.
  private func listed() async throws(Failure) -> [ExportManifest] {
    if let manifests { return manifests }
    var found: [ExportManifest] = []
    for (index, folder) in folders.enumerated() {
      let manifest = try await folder.manifest()
      guard manifest.isOfChanges == (index > 0) else {
        throw .permanent(
          "\(url): '\(folder.location.summary.text)' holds "
            + (index > 0 ? "all items, not changes" : "the changes of a time, not all items"),
          hint: "Name the full export first, and with 'then' the exports of the changes since.")
      }
      if let last = found.last { try check(manifest, follows: last) }
      found.append(manifest)
    }
    manifests = found
    return found
  }

  private func check(
    _ window: ExportManifest, follows last: ExportManifest
  ) throws(Failure) {
    guard window.table.utf8.elementsEqual(last.table.utf8) else {
      throw .refused(
        "\(url): the exports are of two tables, \(last.table) and \(window.table)",
        hint: "A table that was made anew is another one; merge only what belongs together.")
    }
    guard let since = window.since, let until = window.until, let before = last.until else {
      throw ExportManifest.damaged("\(url): a summary does not say which time it covers")
    }
    guard !before.utf8.lexicographicallyPrecedes(since.utf8) else {
      throw .refused(
        "\(url): what changed between \(before) and \(since) is in neither export",
        hint: "Export the changes from \(before) on.")
    }
    guard !until.utf8.lexicographicallyPrecedes(before.utf8) else {
      throw .refused(
        "\(url): the changes up to \(until) are older than what goes before, of \(before)",
        hint: "Name the windows in the order of their times.")
    }
  }

  /// The manifests in reading order, after every byte of every file was looked at.
  private func checked() async throws(Failure) -> [ExportManifest] {
    let manifests = try await listed()
    if changed != nil { return manifests.reversed() }
    var changed: [KeyMark: Int] = [:]
    for (index, folder) in folders.enumerated() {
      let marks = try await folder.check(manifests[index], keys)
      try manifests[index].checkSum(of: url)
      for mark in marks.joined() {
        guard changed.updateValue(index, forKey: mark) != index else {
          throw ExportManifest.damaged(
            "\(url): '\(folder.location.summary.text)' tells twice what became of one key")
        }
        guard changed.count <= Self.changesMax else {
          throw .refused(
            "\(url): more than \(Self.changesMax) keys changed since the full export",
            hint: "Export the whole table again instead of merging so many changes.")
        }
      }
    }
    self.changed = changed
    return manifests.reversed()
  }
}
