import Glibc
import Resources

/// Small files that are written whole and survive a power cut.
enum DurableFile {
  /// More than any record of ours takes.
  static let bytesMax = 8 << 20

  /// Replaces a file in one step; a reader sees the former content or this one.
  ///
  /// One writer at a time: it goes through `path` with `.new` behind it.
  static func write(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    let draft = path + ".new"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .system(errno, "'\(draft)' cannot be written") }
    do throws(Failure) {
      defer { close(file) }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw Failure.system(errno, "'\(draft)' cannot be written") }
        rest = rest.dropFirst(count)
      }
      guard fsync(file) == 0 else {
        throw Failure.system(errno, "'\(draft)' cannot be made durable")
      }
    } catch {
      unlink(draft)
      throw error
    }
    guard rename(draft, path) == 0 else { throw .system(errno, "'\(path)' cannot be replaced") }
    try synchronise(folder: parent(of: path))
  }

  /// The bytes of a file; nil when there surely is none.
  static func read(_ path: String) throws(Failure) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .system(errno, "'\(path)' cannot be opened")
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(errno, "'\(path)' cannot be read") }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= bytesMax else {
        throw .permanent(
          "'\(path)' is larger than \(bytesMax) bytes; it was not written by cutover",
          hint: "Look what it is.")
      }
    }
  }

  /// Makes the entries of a folder durable.
  static func synchronise(folder: String) throws(Failure) {
    let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw .system(errno, "the folder '\(folder)' cannot be opened") }
    defer { close(number) }
    guard fsync(number) == 0 else {
      throw .system(errno, "the folder '\(folder)' cannot be made durable")
    }
  }

  /// Makes a folder and those above it that are missing, durably.
  static func makeFolders(_ path: String) throws(Failure) {
    if mkdir(path, 0o750) == 0 { return try synchronise(folder: parent(of: path)) }
    if errno == EEXIST { return }
    guard errno == ENOENT, path.utf8.count > 1 else {
      throw .system(errno, "the folder '\(path)' cannot be made")
    }
    try makeFolders(parent(of: path))
    guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
      throw .system(errno, "the folder '\(path)' cannot be made")
    }
    try synchronise(folder: parent(of: path))
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
