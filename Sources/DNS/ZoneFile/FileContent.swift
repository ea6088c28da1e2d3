import Glibc
import Resources

/// A whole file as it was at one moment, with what a replacement must keep.
struct FileContent {
  /// Larger files are refused, so that a wrong path cannot fill the memory.
  static let bytesMax = 64 << 20

  let bytes: [UInt8]
  let mode: mode_t
  let owner: uid_t
  let group: gid_t

  /// Reads the file; `what` names it for a person.
  static func read(_ path: String, _ what: String) throws(Failure) -> FileContent {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(errno, "\(what) cannot be read") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(errno, "\(what) cannot be read")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .permanent("\(what) is not a file", hint: "Check the path.")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .system(errno, "\(what) cannot be read")
      }
      guard count > 0 else { break }
      bytes += chunk[..<count]
      guard bytes.count <= bytesMax else {
        throw .permanent("\(what) is larger than \(bytesMax >> 20) MiB", hint: "Check the path.")
      }
    }
    return FileContent(
      bytes: bytes, mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
  }
}
