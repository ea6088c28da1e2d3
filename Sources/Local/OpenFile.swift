internal import CLinux
import Glibc
import Resources

/// An open file or folder that closes when nobody holds it any more.
final class OpenFile: Sendable {
  let number: Int32

  init(taking number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a folder by its path from the root; nil when there surely is none.
  static func folder(_ path: String, _ what: String) throws(Failure) -> OpenFile? {
    let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if number >= 0 { return OpenFile(taking: number) }
    if errno == ENOENT { return nil }
    throw .system(errno, what)
  }

  func status() -> stat {
    var status = stat()
    let code = fstat(number, &status)
    precondition(code == 0, "an open file has a status")
    return status
  }

  /// Reads at most `count` bytes from where the last read ended; empty at the end.
  func read(_ count: Int, _ what: @autoclosure () -> String) throws(Failure) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let got = Glibc.read(
          number, buffer.baseAddress.map { $0 + initialized }, count - initialized)
        if got == 0 { return }
        if got < 0 {
          if errno == EINTR { continue }
          code = errno
          return
        }
        initialized += got
      }
    }
    guard code == 0 else { throw .system(code, what()) }
    return bytes
  }

  func write(_ bytes: [UInt8], _ what: @autoclosure () -> String) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system(errno, what()) }
      rest = rest.dropFirst(count)
    }
  }

  func sync(_ what: @autoclosure () -> String) throws(Failure) {
    // A second fsync after a failed one may say that all is well although data is lost.
    guard fsync(number) == 0 else { throw .system(errno, what()) }
  }
}
