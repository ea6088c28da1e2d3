internal import CLinux
import Glibc

/// An open file descriptor that closes when it goes out of scope.
final class Descriptor: Sendable {
  let number: Int32

  /// Takes over an open descriptor.
  ///
  /// Those of standard input, output and errors move out of the way: if we were started without
  /// one of these, a pipe end with its number would get mixed up with the child's own.
  init(taking number: Int32) throws(SubprocessFailure) {
    guard number <= 2 else {
      self.number = number
      return
    }
    let moved = fcntl(number, F_DUPFD_CLOEXEC, 3)
    let code = errno
    close(number)
    guard moved >= 0 else { throw SubprocessFailure(code, "cannot duplicate a descriptor") }
    self.number = moved
  }

  deinit { close(number) }

  /// Opens a file that no child inherits.
  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0
  ) throws(SubprocessFailure) -> Descriptor {
    let number = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw SubprocessFailure(errno, "cannot open '\(path)'") }
    return try Descriptor(taking: number)
  }

  func makeNonblocking() {
    let flags = fcntl(number, F_GETFL)
    _ = fcntl(number, F_SETFL, flags | O_NONBLOCK)
  }
}

/// Both ends of a new pipe; no child inherits them.
struct Pipe {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(SubprocessFailure) {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe2(&ends, O_CLOEXEC) == 0 else {
      throw SubprocessFailure(errno, "cannot make a pipe")
    }
    reading = try Descriptor(taking: ends[0])
    writing = try Descriptor(taking: ends[1])
  }
}
