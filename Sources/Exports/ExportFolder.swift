import Digests
import JSON
import Resources

/// One export in a bucket, whose every byte is checked before it is believed.
struct ExportFolder: Sendable {
  /// A list of files has about 200 bytes for each.
  private static let manifestBytesMax = 64 << 20
  /// The guide says one name, the service writes the other.
  private static let checksumEndings = [".md5", ".checksum"]
  private static let filesAtOnce = 4

  /// As the table's URL, for messages.
  let url: ResourceURL
  let bucket: any BucketStore
  let location: ExportLocation

  /// The manifests, held against their checksums and each other.
  func manifest() async throws(Failure) -> ExportManifest {
    let summary = try await checked(location.summary, "the summary of the export")
    var manifest = try ExportManifest(summary: summary, of: url, at: location)
    let files = try await checked(manifest.filesKey, "the list of the export's files")
    try manifest.readFiles(files, of: url, at: location)
    return manifest
  }

  private func checked(_ key: ObjectKey, _ what: String) async throws(Failure) -> [UInt8] {
    guard let bytes = try await whole(key) else {
      throw ExportManifest.damaged(
        "\(url): \(what), '\(key.text)', is missing in \(location.bucket)")
    }
    let stem = key.bytes.dropLast(".json".utf8.count)
    for ending in Self.checksumEndings {
      guard let text = try await whole(ObjectKey(bytes: stem + Array(ending.utf8))) else {
        continue
      }
      let told = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
      let sum = Base64.text(Digest.md5(bytes))
      guard told.map({ $0.utf8.elementsEqual(sum.utf8) }) == true else {
        throw ExportManifest.damaged(
          "\(url): \(what), '\(key.text)', does not match its checksum file: its MD5 is \(sum), "
            + "not \(told ?? "told")")
      }
      return bytes
    }
    throw ExportManifest.damaged(
      "\(url): \(what), '\(key.text)', has no checksum file beside it, so it may be half a file")
  }

  /// A small object; nil when there is surely none.
  private func whole(_ key: ObjectKey) async throws(Failure) -> [UInt8]? {
    guard try await bucket.entry(key) != nil else { return nil }
    let reader = try await bucket.read(key)
    var bytes: [UInt8] = []
    while let piece = try await reader.next() {
      bytes += piece
      guard bytes.count <= Self.manifestBytesMax else {
        throw ExportManifest.damaged(
          "\(url): '\(key.text)' has more than \(Self.manifestBytesMax >> 20) MiB")
      }
    }
    return bytes
  }

  /// The lines of a data file from the first one on.
  func lines(of file: ExportManifest.File) async throws(Failure) -> ExportLines {
    guard try await bucket.entry(file.object) != nil else {
      throw ExportManifest.damaged(
        "\(url): the data file '\(file.object.text)' is missing in \(location.bucket)")
    }
    return ExportLines(try await bucket.read(file.object))
  }

  /// Reads all data files against the manifest, and gives the keys of a file of changes.
  func check(
    _ manifest: ExportManifest, _ keys: ExportKeys
  ) async throws(Failure) -> [[KeyMark]] {
    try await concurrentMap(manifest.files, atOnce: Self.filesAtOnce) {
      (file) async throws(Failure) in try await check(file, manifest, keys)
    }
  }

  private func check(
    _ file: ExportManifest.File, _ manifest: ExportManifest, _ keys: ExportKeys
  ) async throws(Failure) -> [KeyMark] {
    let lines = try await lines(of: file)
    var marks: [KeyMark] = []
    var damage: String?
    do throws(ExportFault) {
      do throws(ExportFault) {
        while let line = try await lines.next() {
          let key = try Self.key(line, lines.count, manifest.isOfChanges, keys)
          if manifest.isOfChanges { marks.append(KeyMark(key)) }
        }
      } catch .damaged(let what) {
        damage = what
      }
      try compare(try await lines.digest(), file)
    } catch {
      throw failure(error, file)
    }
    if let damage { throw failure(.damaged(damage), file) }
    guard lines.count == file.itemCount else {
      throw ExportManifest.damaged(
        "\(url): the data file '\(file.object.text)' holds \(lines.count) items, and the list of "
          + "files says \(file.itemCount)")
    }
    return marks
  }

  /// The key of a line's record, whose every attribute has been looked at.
  private static func key(
    _ line: [UInt8], _ number: Int, _ ofChanges: Bool, _ keys: ExportKeys
  ) throws(ExportFault) -> ItemKey {
    do throws(JSONScanner.Malformed) {
      let key: ItemKey?
      switch try ExportRecord(line, ofChanges: ofChanges) {
      case .item(let item):
        _ = try ItemForm.canonical(item)
        key = try keys.key(of: item)
      case .change(let told, let new):
        key = try keys.key(of: told)
        guard let new else { break }
        _ = try ItemForm.canonical(new)
        guard try keys.key(of: new) == key else {
          throw .init(expected: "an image with the record's own key", offset: 0)
        }
      }
      if let key { return key }
      let names = keys.attributes.map(\.name).joined(separator: ", ")
      throw .init(expected: "part of the key (\(names))", offset: 0)
    } catch {
      throw .damaged(
        "line \(number) is no record: at byte \(error.offset) \(error.expected) is missing")
    }
  }

  /// The content decides; the entity tag tells which of the two is the damaged one.
  private func compare(
    _ digest: [UInt8], _ file: ExportManifest.File
  ) throws(ExportFault) {
    guard !Base64.text(digest).utf8.elementsEqual(file.md5.utf8) else { return }
    // An object of one part has for its tag the MD5 of its MD5.
    let told = Base64.decode(file.md5).map { "\(Digest.hex(Digest.md5($0)))-1" }
    let agree = told != nil && told == file.tag
    throw .damaged(
      "its MD5 is \(Base64.text(digest)), and the list of files says \(file.md5)"
        + (agree ? ", as its entity tag there does: the object is not what was written" : ""))
  }

  func failure(_ fault: ExportFault, _ file: ExportManifest.File) -> Failure {
    switch fault {
    case .store(let failure): failure
    case .damaged(let what):
      ExportManifest.damaged("\(url): the data file '\(file.object.text)' is damaged: \(what)")
    }
  }
}
