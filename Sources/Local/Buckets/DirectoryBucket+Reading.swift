import Digests
import Glibc
package import Resources
import Synchronization

extension DirectoryBucket: ContentDigesting {
  private static let positionPrefix = "1:"

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<ObjectEntry> {
    precondition(limit > 0, "a page has room for an object")
    return try await blocking.run { [self] () throws(Failure) in
      let folder = try existing()
      let hasMetadata = faccessat(folder.file.number, MetadataFile.folder, F_OK, 0) == 0
      var walk = try takeWalk(folder, after: position)
      var entries: [ObjectEntry] = []
      while entries.count < limit {
        guard let found = try walk.next() else { return Page(entries, next: nil) }
        let version = FileVersion(found.status)
        var entry = ObjectEntry(key: found.key, size: version.size, modified: version.modified)
        if hasMetadata, let file = try MetadataFile.read(found.key, in: folder) {
          entry.metadata = file.metadata(for: version)
        }
        entries.append(entry)
      }
      let next = PagePosition(Self.positionPrefix + entries[entries.count - 1].key.text)
      self.walk.withLock { [walk] in $0 = (next, walk) }
      return Page(entries, next: next)
    }
  }

  private func takeWalk(
    _ folder: BucketFolder, after position: PagePosition?
  ) throws(Failure) -> DirectoryWalk {
    guard let position else { return try DirectoryWalk(folder, after: nil) }
    let kept = walk.withLock { kept in
      defer { if kept?.position == position { kept = nil } }
      return kept
    }
    if let kept, kept.position == position { return kept.walk }
    guard position.text.hasPrefix(Self.positionPrefix),
      let key = ObjectKey(escaped: String(position.text.dropFirst(Self.positionPrefix.count)))
    else {
      throw .permanent(
        "'\(position.text)' is no position in \(url)",
        hint: "The checkpoint is of another version; start the step anew.")
    }
    return try DirectoryWalk(folder, after: key)
  }

  package func entry(_ key: ObjectKey) async throws(Failure) -> ObjectEntry? {
    try await blocking.run { [self] () throws(Failure) in
      guard let folder = try opened() else { return nil }
      return try entryNow(ObjectPath(key, in: url), folder)
    }
  }

  /// The object's entry; blocks.
  func entryNow(_ path: ObjectPath, _ folder: BucketFolder) throws(Failure) -> ObjectEntry? {
    guard let status = try folder.status(path) else { return nil }
    let version = FileVersion(status)
    let file = try MetadataFile.read(path.key, in: folder)
    return ObjectEntry(
      key: path.key, size: version.size, modified: version.modified,
      metadata: file?.metadata(for: version) ?? ObjectMetadata())
  }

  package func read(_ key: ObjectKey) async throws(Failure) -> any ObjectReader {
    try await blocking.run { [self] () throws(Failure) in
      let folder = try existing()
      let path = try ObjectPath(key, in: url)
      guard let file = try folder.openObject(path) else { throw missing(key) }
      return try FileReader(file, path, in: folder, blocking)
    }
  }

  package func sha256(of key: ObjectKey) async throws(Failure) -> String {
    try await blocking.run { [self] () throws(Failure) in
      let folder = try existing()
      let path = try ObjectPath(key, in: url)
      guard let file = try folder.openObject(path) else { throw missing(key) }
      let begun = FileVersion(file.status())
      var digest = StreamingSHA256()
      while true {
        let piece = try file.read(FileReader.pieceBytes, "\(url): '\(key.text)'")
        digest.update(piece)
        if piece.count < FileReader.pieceBytes { break }
      }
      guard FileVersion(file.status()) == begun else {
        throw .transient("\(url): '\(key.text)' was changed while it was read", hint: "Read again.")
      }
      return Digest.hex(digest.finish())
    }
  }

  func missing(_ key: ObjectKey) -> Failure {
    .permanent(
      "\(url): there is no object '\(key.text)'",
      hint: "It was deleted meanwhile, or never was there.")
  }
}
