internal import CLinux
import Glibc
import Resources

/// The open folder of a bucket: calls that cannot leave it, and that block.
struct BucketFolder: Sendable {
  let url: ResourceURL
  let links: LinkPolicy
  let file: OpenFile

  /// Opens below the folder without following a symbolic link, unless the bucket says so.
  func open(_ path: [CChar], _ flags: Int32) -> Int32 {
    let follows: Int32 = links == .follow ? 1 : 0
    let number = clinux_open_beneath(file.number, path, flags | O_CLOEXEC, 0, follows)
    guard number < 0, errno == ENOSYS || errno == EPERM else { return number }
    // An older kernel, or one that forbids the newer call: only the last part is checked then.
    return openat(file.number, path, flags | O_CLOEXEC | (follows == 1 ? 0 : O_NOFOLLOW))
  }

  /// Opens an object for reading; nil when there surely is none.
  func openObject(_ path: ObjectPath) throws(Failure) -> OpenFile? {
    // Without O_NONBLOCK a fifo would hold us for ever.
    let number = open(path.path, O_RDONLY | O_NONBLOCK)
    guard number >= 0 else { return try missing(path) }
    let opened = OpenFile(taking: number)
    return try isObject(opened.status(), path) ? opened : nil
  }

  /// The object's file status; nil when there surely is none.
  func status(_ path: ObjectPath) throws(Failure) -> stat? {
    let number = open(path.path, clinux_path_flag())
    guard number >= 0 else { return try missing(path) }
    let status = OpenFile(taking: number).status()
    return try isObject(status, path) ? status : nil
  }

  /// Opens the folder that an object stands in; nil when there surely is none.
  func openParent(_ path: ObjectPath) throws(Failure) -> OpenFile? {
    let number = open(path.folder, O_RDONLY | O_DIRECTORY)
    if number >= 0 { return OpenFile(taking: number) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw failure(errno, path)
  }

  /// Opens the folder that an object is to stand in, making what is missing of the way there.
  ///
  /// `made` hears of each folder that got a new entry.
  func makeParent(_ path: ObjectPath, made: ([CChar]) -> Void) throws(Failure) -> OpenFile {
    if let parent = try openParent(path) { return parent }
    var ends = path.path.indices.filter { path.path[$0] == CChar(UInt8(ascii: "/")) }[...]
    var above: [CChar] = [46, 0]
    while let end = ends.popFirst() {
      let folder = Array(path.path[..<end]) + [0]
      if mkdirat(file.number, folder, 0o755) == 0 {
        made(above)
      } else if errno != EEXIST {
        throw failure(errno, path)
      }
      above = folder
    }
    if let parent = try openParent(path) { return parent }
    throw collision(path)
  }

  func collision(_ path: ObjectPath) -> Failure {
    .refused(
      "\(url) cannot hold '\(path.key.text)' beside an object or folder of the same name",
      hint: "A folder cannot be both a file and a folder: rename one of the objects at the source.")
  }

  func failure(_ code: Int32, _ path: ObjectPath) -> Failure {
    if code == ELOOP || code == EXDEV {
      return .refused(
        "\(url): '\(path.key.text)' is or stands behind a symbolic link",
        hint: "Replace the link by what it points to, or add ?symlinks=follow or ?symlinks=skip.")
    }
    return .system(code, "\(url): '\(path.key.text)'")
  }

  private func missing<Nothing>(_ path: ObjectPath) throws(Failure) -> Nothing? {
    let code = errno
    if code == ENOENT || code == ENOTDIR { return nil }
    if code == ELOOP, links == .skip { return nil }
    throw failure(code, path)
  }

  /// False for a folder, which is no object.
  private func isObject(_ status: stat, _ path: ObjectPath) throws(Failure) -> Bool {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return true
    case S_IFDIR: return false
    case S_IFLNK:
      if links == .skip { return false }
      throw failure(ELOOP, path)
    case _:
      throw .refused(
        "\(url): '\(path.key.text)' is no ordinary file",
        hint: "Remove the socket, pipe or device from the bucket's folder.")
    }
  }
}

/// What becomes of symbolic links in a bucket's folder.
enum LinkPolicy: String, Sendable, CaseIterable {
  /// They stop a listing, so that nobody finds out later what was left behind.
  case refuse
  /// A link to a file inside the folder counts as that file.
  case follow
  /// They are no objects.
  case skip
}
