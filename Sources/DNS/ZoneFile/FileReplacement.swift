import Glibc
import Resources

/// New contents for a file, written beside it and then put in its place at once.
///
/// A reader sees the old file or the new one. Once ``commit()`` returns, the new one is durable.
/// Only whoever holds the file's ``FileLock`` may make one. Left alone, it removes itself.
struct FileReplacement: ~Copyable {
  private let path: String
  private let temporary: String
  private let what: String

  init(
    of path: String, with bytes: [UInt8], like former: FileContent, _ what: String
  ) throws(Failure) {
    self.path = path
    self.what = what
    // Always the same name: what a crash left behind is overwritten by the next change.
    temporary = FilePlace(path).sibling("cutover-new")
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(errno, "\(what) cannot be replaced") }
    defer { close(descriptor) }
    do throws(Failure) {
      try Self.write(bytes, to: descriptor, what)
      var status = stat()
      fstat(descriptor, &status)
      let isOurs = status.st_uid == former.owner && status.st_gid == former.group
      guard isOurs || fchown(descriptor, former.owner, former.group) == 0 else {
        throw .system(errno, "\(what) cannot be replaced and keep its owner")
      }
      guard fchmod(descriptor, former.mode) == 0, fsync(descriptor) == 0 else {
        throw .system(errno, "\(what) cannot be replaced")
      }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  deinit { unlink(temporary) }

  consuming func commit() throws(Failure) {
    guard rename(temporary, path) == 0 else { throw .system(errno, "\(what) cannot be replaced") }
    // Without this the folder could forget the new name in a power cut.
    let folder = open(FilePlace(path).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .system(errno, "\(what) may not be durable") }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw .system(errno, "\(what) may not be durable") }
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ what: String
  ) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw .system(errno, "\(what) cannot be replaced")
      }
    }
  }
}

/// A file's folder and name.
struct FilePlace {
  let folder: String
  let name: String

  init(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    name = String(parts.last ?? "")
    folder = parts.count > 2 ? parts.dropLast().joined(separator: "/") : "/"
  }

  /// A hidden file beside this one.
  func sibling(_ suffix: String) -> String {
    (folder == "/" ? "" : folder) + "/.\(name).\(suffix)"
  }
}
