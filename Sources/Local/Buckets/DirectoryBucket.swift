import Glibc
package import Resources
import Synchronization

/// A folder as a bucket, `dir:///path`: each file below it is an object.
///
/// Keys are paths, any byte but NUL kept. Folders are no objects, so empty ones are not copied, and
/// an object and a folder cannot have the same name. Owners and permissions are not carried. What
/// is not content stands in `.cutover`: metadata in files that every way of copying a folder takes
/// along, and files that are being written. Symbolic links are refused, unless the URL has
/// `?symlinks=follow` or `skip`.
package final class DirectoryBucket: BucketStore {
  nonisolated package let url: ResourceURL
  let path: String
  let links: LinkPolicy
  let blocking = Blocking(label: "cutover.bucket")
  let temporary: TemporaryFiles
  let unsynced = Unsynced()
  /// The walk that ended at a position, kept so that the next page need not begin anew.
  let walk = Mutex<(position: PagePosition, walk: DirectoryWalk)?>(nil)

  package init(_ url: ResourceURL) throws(Failure) {
    self.url = url
    path = try LocalPath.path(of: url)
    let word = url.parameter("symlinks") ?? LinkPolicy.refuse.rawValue
    guard let links = LinkPolicy(rawValue: word) else {
      throw .permanent(
        "\(url): symlinks cannot be '\(word)'", hint: "Choose from refuse, follow and skip.")
    }
    self.links = links
    temporary = try TemporaryFiles(url)
  }

  /// The open folder, or nil when there surely is none; blocks.
  func opened() throws(Failure) -> BucketFolder? {
    guard let file = try OpenFile.folder(path, "\(url) cannot be opened") else { return nil }
    return BucketFolder(url: url, links: links, file: file)
  }

  /// The open folder; blocks.
  func existing() throws(Failure) -> BucketFolder {
    if let folder = try opened() { return folder }
    throw .permanent("\(url): there is no such folder", hint: "Check the path, or create it.")
  }

  /// Counting more objects than this would be a noticeable wait.
  private static let countMax = 200_000

  package func description() async throws(Failure) -> BucketDescription? {
    try await blocking.run { [self] () throws(Failure) in
      guard let folder = try opened() else { return nil }
      var walk = try DirectoryWalk(folder, after: nil)
      var count = 0
      var bytes: Int64 = 0
      while let found = try walk.next() {
        count += 1
        bytes += Int64(found.status.st_size)
        if count > Self.countMax { return BucketDescription() }
      }
      return BucketDescription(objectCount: count, byteCount: bytes)
    }
  }

  /// Makes the folder; the one above it must be there.
  package func create() async throws(Failure) {
    try await blocking.run { [self] () throws(Failure) in
      if try opened() != nil { return }
      guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw .system(errno, "\(url) cannot be created")
      }
      let above = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
      try OpenFile.folder(above.isEmpty ? "/" : above, "\(url)")?.sync("\(url) cannot be made sure")
    }
  }

  package func remove() async throws(Failure) {
    try await blocking.run { [self] () throws(Failure) in
      guard let folder = try opened() else { return }
      var walk = try DirectoryWalk(folder, after: nil)
      if let found = try walk.next() {
        throw .refused(
          "\(url) is not empty: it holds '\(found.key.text)'",
          hint: "Delete its objects first, if they are really not needed any more.")
      }
      try BucketRemoval.remove(path, url)
    }
  }

  package func flush() async throws(Failure) {
    try await blocking.run { [self] () throws(Failure) in
      guard let folder = try opened() else { return }
      try unsynced.sync(folder)
    }
  }
}

extension Provider {
  /// Folders as buckets.
  package static let directory = Provider(
    scheme: "dir", summary: "A folder whose files are the objects of a bucket.",
    example: "dir:///srv/app/assets",
    parameters: [
      .init("symlinks", "What becomes of symbolic links: refuse (the default), follow or skip.")
    ],
    open: .bucket { url, _ throws(Failure) in try DirectoryBucket(url) })
}
