internal import CLinux
import Glibc

/// A stable reference to a process (pidfd), which cannot come to mean another one.
///
/// Needs Linux 5.3 or newer; on an older one opening fails with `.unknown`.
struct ProcessHandle {
  private let descriptor: Descriptor
  var number: Int32 { descriptor.number }

  init(_ pid: Int32) throws(SubprocessFailure) {
    let number = clinux_pidfd_open(pid)
    guard number >= 0 else { throw SubprocessFailure(errno, "cannot watch process \(pid)") }
    descriptor = try Descriptor(taking: number)
  }

  /// Sends a signal to this process only.
  func send(_ signal: Int32) throws(SubprocessFailure) {
    guard clinux_pidfd_send_signal(number, signal) == 0 else {
      throw SubprocessFailure(errno, "cannot signal the process")
    }
  }

  /// Waits until the process has ended; false when it has not by then.
  ///
  /// Blocks the calling thread, so never call it from a task.
  func waitForEnd(_ limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
      var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
      let left = ContinuousClock.now.duration(to: deadline)
      let ready = poll(&entry, 1, max(0, left.pollMilliseconds))
      if ready > 0 { return true }
      if ready == 0 || errno != EINTR { return false }
    }
  }
}

extension Duration {
  /// Whole milliseconds for poll(2), rounded up so that a wait never ends early.
  var pollMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: milliseconds)
  }
}
