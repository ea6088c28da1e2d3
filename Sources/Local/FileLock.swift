import Glibc
import Resources

/// An exclusive lock on a file that is there for nothing else; a dead holder loses it by itself.
final class FileLock {
  private static let triesMax = 100
  private static let pauseMicroseconds: UInt32 = 50_000

  private let file: OpenFile

  /// Waits a few seconds for another holder; blocks.
  init(_ path: String, _ url: ResourceURL) throws(Failure) {
    let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else { throw .system(errno, "\(url): '\(path)' cannot be opened") }
    file = OpenFile(taking: number)
    for _ in 0..<Self.triesMax {
      if flock(number, LOCK_EX | LOCK_NB) == 0 { return }
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw .system(errno, "\(url): '\(path)' cannot be locked")
      }
      usleep(Self.pauseMicroseconds)
    }
    throw .transient(
      "\(url) is locked by another program", hint: "Tried again by itself; see who holds \(path).")
  }

  func release() { flock(file.number, LOCK_UN) }
}
