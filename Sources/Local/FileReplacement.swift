import Glibc
import Resources

/// Puts a whole new file in the place of another, durably; the caller holds the file's lock.
enum FileReplacement {
  /// A new file may hold hashes of passwords, so only its owner may read it.
  private static let mode: mode_t = 0o600

  static func replace(
    _ path: String, with bytes: [UInt8], _ url: ResourceURL
  ) throws(Failure) {
    let what = "\(url) cannot be written"
    let draft = path + ".new"
    // What a dead writer left is overwritten: the lock says that nobody writes it now.
    let number = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
    guard number >= 0 else { throw .system(errno, what) }
    let file = OpenFile(taking: number)
    do throws(Failure) {
      var former = stat()
      if stat(path, &former) == 0 {
        guard fchmod(number, former.st_mode & 0o7777) == 0 else { throw .system(errno, what) }
        // Without the right to give files away, the new one is simply ours.
        _ = fchown(number, former.st_uid, former.st_gid)
      }
      try file.write(bytes, what)
      try file.sync(what)
      guard rename(draft, path) == 0 else { throw .system(errno, what) }
    } catch {
      unlink(draft)
      throw error
    }
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    try OpenFile.folder(folder, what)?.sync(what)
  }
}
