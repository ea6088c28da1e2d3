import Glibc
import Resources

/// Which file a path leads to at the moment.
struct FileIdentity: Equatable, Sendable {
  let device: UInt64
  let number: UInt64

  /// Nil when there surely is none; a path that cannot be followed throws.
  static func of(_ path: String, _ url: ResourceURL) throws(Failure) -> FileIdentity? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system(errno, "\(url) cannot be looked at")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .permanent("\(url) is not a file", hint: "Check the path.")
    }
    return FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }
}
