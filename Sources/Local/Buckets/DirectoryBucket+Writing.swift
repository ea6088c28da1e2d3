import Digests
import Glibc
package import Resources

extension DirectoryBucket {
  /// Stores an object: its file is complete before it gets its name.
  ///
  /// One that replaces another is on the disk before it does, so that no power cut leaves neither.
  /// New ones are made sure of in batches, by `flush`.
  package func write(
    _ entry: ObjectEntry, from reader: any ObjectReader
  ) async throws(Failure) -> ObjectEntry {
    let path = try ObjectPath(entry.key, in: url)
    let first = try await reader.next() ?? []
    let draft = try await blocking.run { [self] () throws(Failure) in
      let draft = try ObjectDraft(path, in: existing(), temporary)
      try draft.append(first)
      return draft
    }
    do throws(Failure) {
      return try await fill(draft, first, reader, entry)
    } catch {
      draft.discard()
      throw error
    }
  }

  /// Writes the pieces and gives the whole its name.
  private func fill(
    _ draft: ObjectDraft, _ first: [UInt8], _ reader: any ObjectReader, _ entry: ObjectEntry
  ) async throws(Failure) -> ObjectEntry {
    var digest = StreamingSHA256()
    digest.update(first)
    while let piece = try await reader.next() {
      digest.update(piece)
      try await blocking.run { () throws(Failure) in try draft.append(piece) }
    }
    let sum = Digest.hex(digest.finish())
    return try await blocking.run { [self] () throws(Failure) in
      guard draft.byteCount == entry.size else {
        throw .transient(
          "\(url): '\(entry.key.text)' came with \(draft.byteCount) bytes instead of \(entry.size)",
          hint: "It was changed while it was read; it is copied again.")
      }
      try draft.publish(modified: entry.modified, entry.metadata, unsynced)
      var stored = entry
      stored.digest = "sha256:\(sum)"
      return stored
    }
  }

  /// Deletes objects, and folders that are left empty by it.
  package func delete(_ keys: [ObjectKey]) async throws(Failure) -> [ObjectKey] {
    try await blocking.run { [self] () throws(Failure) in
      guard let folder = try opened() else { return [] }
      var left: [ObjectKey] = []
      for key in keys {
        let path = try ObjectPath(key, in: url)
        do throws(Failure) {
          try delete(path, folder)
        } catch {
          guard error.isTransient else { throw error }
          left.append(key)
        }
      }
      return left
    }
  }

  private func delete(_ path: ObjectPath, _ folder: BucketFolder) throws(Failure) {
    guard let parent = try folder.openParent(path) else { return }
    var status = stat()
    guard fstatat(parent.number, path.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return }
      throw folder.failure(errno, path)
    }
    // A folder of that name is no object.
    if status.st_mode & S_IFMT == S_IFDIR { return }
    guard unlinkat(parent.number, path.name, 0) == 0 || errno == ENOENT else {
      throw folder.failure(errno, path)
    }
    unsynced.insert(path.folder)
    unlinkat(folder.file.number, MetadataFile.path(of: path.key), 0)
    removeEmptyFolders(above: path, folder)
  }

  /// Removes the folders that the object stood in, from the inside out, as long as they are empty.
  private func removeEmptyFolders(above path: ObjectPath, _ folder: BucketFolder) {
    var rest = path.key.bytes[...]
    while let slash = rest.lastIndex(of: UInt8(ascii: "/")) {
      rest = rest[..<slash]
      let name = rest.map { CChar(bitPattern: $0) } + [0]
      guard unlinkat(folder.file.number, name, AT_REMOVEDIR) == 0 else { return }
      let above = rest.lastIndex(of: UInt8(ascii: "/")).map { rest[..<$0] } ?? [46]
      unsynced.insert(above.map { CChar(bitPattern: $0) } + [0])
    }
  }
}

extension DirectoryBucket: BucketServerSideCopying {
  package func canCopy(from source: any BucketStore) -> Bool { source is DirectoryBucket }

  /// Copies one file inside the kernel, which shares its blocks where the file system can.
  package func copy(
    _ entry: ObjectEntry, from source: any BucketStore
  ) async throws(Failure) -> ObjectEntry {
    guard let source = source as? DirectoryBucket else {
      preconditionFailure("canCopy(from:) said no")
    }
    return try await blocking.run { [self] () throws(Failure) in
      let path = try ObjectPath(entry.key, in: url)
      let origin = try source.existing()
      guard let file = try origin.openObject(path),
        let current = try source.entryNow(path, origin)
      else { throw source.missing(entry.key) }
      let begun = FileVersion(file.status())
      let draft = try ObjectDraft(path, in: existing(), temporary)
      try draft.append(contentsOf: file)
      guard FileVersion(file.status()) == begun, draft.byteCount == begun.size,
        current.size == begun.size, current.modified == begun.modified
      else {
        throw .transient(
          "\(source.url): '\(entry.key.text)' was changed while it was copied",
          hint: "It is copied again; stop what writes to the bucket if this goes on.")
      }
      try draft.publish(modified: current.modified, current.metadata, unsynced)
      return current
    }
  }
}
