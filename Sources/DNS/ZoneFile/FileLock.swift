import Glibc
import Resources

/// Keeps other runs of this program from changing a file, for as long as the value lives.
///
/// The lock is the kernel's (flock) on a hidden file beside it, so that a process that dies lets go.
struct FileLock: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Answers nil when somebody else holds the lock.
  static func take(_ file: String, _ what: String) throws(Failure) -> FileLock? {
    let path = FilePlace(file).sibling("cutover-lock")
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(path, flags, 0o600)
    guard descriptor >= 0 else { throw .system(errno, "\(what) cannot be locked") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(descriptor)
      if number == EWOULDBLOCK { return nil }
      throw .system(number, "\(what) cannot be locked")
    }
    // The former holder may have removed the file between our opening and locking it.
    var held = stat()
    var there = stat()
    guard fstat(descriptor, &held) == 0, lstat(path, &there) == 0, held.st_ino == there.st_ino
    else {
      close(descriptor)
      return nil
    }
    return FileLock(path: path, descriptor: descriptor)
  }

  deinit {
    // Removed while still held, so that nobody loses a lock on a file that is gone.
    unlink(path)
    close(descriptor)
  }
}
