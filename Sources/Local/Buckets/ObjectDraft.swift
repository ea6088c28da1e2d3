internal import CLinux
import Glibc
import Resources
import Synchronization

/// An object that is being written under a temporary name; removed unless it is published.
///
/// Every call blocks. Used by one task at a time.
final class ObjectDraft: Sendable {
  private let path: ObjectPath
  private let folder: BucketFolder
  private let temporaryPath: String
  private let file: OpenFile
  private let count = Atomic<Int64>(0)
  private let isPublished = Atomic(false)

  /// More tries than other writers can plausibly remove the folder in between.
  private static let triesMax = 5
  private static let kernelCopyBytesMin = 1 << 20

  init(
    _ path: ObjectPath, in folder: BucketFolder, _ temporary: TemporaryFiles
  ) throws(Failure) {
    self.path = path
    self.folder = folder
    (temporaryPath, file) = try temporary.make(in: folder.file)
  }

  deinit { discard() }

  /// Removes what is not published; sooner than the last reference to it may go.
  func discard() {
    if !isPublished.load(ordering: .relaxed) { unlinkat(folder.file.number, temporaryPath, 0) }
  }

  var byteCount: Int64 { count.load(ordering: .relaxed) }

  private var what: String { "\(folder.url): '\(path.key.text)' cannot be written" }

  func append(_ bytes: [UInt8]) throws(Failure) {
    try file.write(bytes, what)
    count.add(Int64(bytes.count), ordering: .relaxed)
  }

  /// Appends all of another file, without carrying its bytes through here where the kernel can.
  func append(contentsOf source: OpenFile) throws(Failure) {
    // Measured: for small files the plain way is about twice as fast.
    if source.status().st_size < Self.kernelCopyBytesMin { return try appendByHand(source) }
    while true {
      let copied = clinux_copy_file_range(source.number, file.number, 1 << 30)
      if copied == 0 { return }
      if copied > 0 {
        count.add(Int64(copied), ordering: .relaxed)
        continue
      }
      switch errno {
      case EINTR: continue
      case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM: return try appendByHand(source)
      case let code: throw .system(code, what)
      }
    }
  }

  private func appendByHand(_ source: OpenFile) throws(Failure) {
    while true {
      let size = Int(source.status().st_size)
      let want = min(FileReader.pieceBytes, size + 1)
      let piece = try source.read(want, what)
      try append(piece)
      if piece.count < want { return }
    }
  }

  /// Gives the file its name, with the metadata.
  func publish(
    modified: Timestamp, _ metadata: ObjectMetadata, _ unsynced: Unsynced
  ) throws(Failure) {
    try setModified(modified)
    if try folder.status(path) == nil {
      unsynced.insert(file)
    } else {
      try file.sync(what)
    }
    let changed = { (folder: [CChar]) in unsynced.insert(folder) }
    let cleans = try writeMetadata(metadata, changed)
    try rename(changed)
    isPublished.store(true, ordering: .relaxed)
    if cleans { unlinkat(folder.file.number, MetadataFile.path(of: path.key), 0) }
  }

  private func setModified(_ modified: Timestamp) throws(Failure) {
    let seconds =
      modified.milliseconds >= 0
      ? modified.milliseconds / 1000 : (modified.milliseconds - 999) / 1000
    let rest = modified.milliseconds - seconds * 1000
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest) * 1_000_000)
    guard futimens(file.number, [time, time]) == 0 else { throw .system(errno, what) }
  }

  /// Puts the file in its place, and makes the folders on the way there.
  private func rename(_ changed: ([CChar]) -> Void) throws(Failure) {
    for _ in 0..<Self.triesMax {
      let parent = try folder.makeParent(path, made: changed)
      if renameat(folder.file.number, temporaryPath, parent.number, path.name) == 0 {
        return changed(path.folder)
      }
      switch errno {
      case ENOENT: continue  // The folder was removed as an empty one in between.
      case EISDIR, ENOTEMPTY, EEXIST:
        // What is left of deleted objects may give way; a folder with objects may not.
        guard unlinkat(parent.number, path.name, AT_REMOVEDIR) == 0 else {
          throw folder.collision(path)
        }
      case let code: throw folder.failure(code, path)
      }
    }
    throw .transient(what, hint: "Another program keeps removing its folder.")
  }

  /// Writes what belongs to the new content beside what belongs to the old one.
  ///
  /// Returns whether the file of metadata is needed no more once the new content is in place.
  private func writeMetadata(
    _ metadata: ObjectMetadata, _ changed: ([CChar]) -> Void
  ) throws(Failure) -> Bool {
    let old = try MetadataFile.read(path.key, in: folder)
    let isEmpty = metadata == ObjectMetadata()
    if old == nil, isEmpty { return false }
    let version = FileVersion(file.status())
    var versions = [
      MetadataFile.Version(
        size: version.size, modifiedMilliseconds: version.modified.milliseconds, metadata: metadata)
    ]
    if let status = try folder.status(path) {
      let former = FileVersion(status)
      versions.append(
        MetadataFile.Version(
          size: former.size, modifiedMilliseconds: former.modified.milliseconds,
          metadata: old?.metadata(for: former) ?? ObjectMetadata()))
    }
    let bytes = try MetadataFile(key: path.key, versions: versions).encoded()
    guard bytes.count < MetadataFile.bytesMax else {
      throw .refused(
        "\(folder.url): the metadata of '\(path.key.text)' has more than "
          + "\(MetadataFile.bytesMax) bytes", hint: "Shorten it at the source.")
    }
    let temporary = temporaryPath + ".metadata"
    let number = openat(
      folder.file.number, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard number >= 0 else { throw .system(errno, what) }
    let sidecar = OpenFile(taking: number)
    try sidecar.write(bytes, what)
    try sidecar.sync(what)
    guard
      renameat(
        folder.file.number, temporary, folder.file.number, MetadataFile.path(of: path.key)) == 0
    else { throw .system(errno, what) }
    changed(Array(MetadataFile.folder.utf8CString))
    return isEmpty
  }
}
