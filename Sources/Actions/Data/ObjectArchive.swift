import Digests
import Foundation
import Resources

/// Objects kept as files, each whole with its metadata, before something takes them away.
///
/// A file is named by the digest of the object's key. What is kept is never replaced, so the first
/// version stays whatever is repeated after a crash. Durable once `flush` has returned.
struct ObjectArchive: Sendable {
  private static let pieceBytes = 1 << 18

  let folder: String
  /// Whether each version is kept beside the others, instead of the first one only.
  var keepsVersions = false

  func makeFolder() throws(Failure) { try WorkFiles.makeFolder(folder) }

  func has(_ key: ObjectKey) -> Bool {
    FileManager.default.fileExists(atPath: path(key.bytes, "json"))
  }

  func keep(_ entry: ObjectEntry, of bucket: any BucketStore) async throws(Failure) {
    var name = entry.key.bytes
    if keepsVersions {
      name = ObjectIdentity.line(
        entry, content: try await ObjectIdentity.sha256(of: entry, in: bucket))
    }
    guard !FileManager.default.fileExists(atPath: path(name, "json")) else { return }
    let reader = try await bucket.read(entry.key)
    var entry = entry
    let protection = entry.metadata.protection
    if let reader = reader as? any DescribedReader {
      entry = reader.entry
    } else if let described = try await ObjectIdentity.described(entry, in: bucket) {
      entry = described
    }
    entry.metadata.protection = entry.metadata.protection ?? protection
    try await WorkFiles.write(path(name, "data")) { file in
      while let piece = try await reader.next() { try file.write(contentsOf: piece) }
    }
    let line = try FormerListing<ObjectEntry>.line(entry)
    try await WorkFiles.write(path(name, "json")) { try $0.write(contentsOf: line) }
  }

  func flush() throws(Failure) { try WorkFiles.synchronize(folder: folder) }

  /// What was kept of an object; nil when nothing was.
  func entry(_ key: ObjectKey) throws(Failure) -> ObjectEntry? {
    var lines = try LineReader(path(key.bytes, "json"))
    guard let line = try lines?.next() else { return nil }
    return try FormerListing<ObjectEntry>.row(line, path(key.bytes, "json"))
  }

  func read(_ key: ObjectKey) throws(Failure) -> any ObjectReader {
    let path = path(key.bytes, "data")
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .permanent("cannot read \(path)", hint: "Restore the work folder, then retry.")
    }
    return ArchiveReader(file, path)
  }

  /// How many objects are kept; zero when there is no folder.
  var count: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { $0.hasSuffix(".json") }
  }

  private func path(_ name: [UInt8], _ ending: String) -> String {
    "\(folder)/\(Digest.hex(Digest.sha256(name))).\(ending)"
  }

  /// `FileHandle` is not bound to a thread; one reader is used by one task at a time.
  private final class ArchiveReader: ObjectReader, @unchecked Sendable {
    private let file: FileHandle
    private let path: String

    init(_ file: FileHandle, _ path: String) {
      self.file = file
      self.path = path
    }

    func next() async throws(Failure) -> [UInt8]? {
      do {
        guard let piece = try file.read(upToCount: ObjectArchive.pieceBytes), !piece.isEmpty
        else { return nil }
        return Array(piece)
      } catch {
        throw WorkFiles.failure(path, error)
      }
    }
  }
}
