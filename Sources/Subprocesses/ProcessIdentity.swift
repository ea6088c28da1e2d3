import Glibc

/// A process, told apart from any other that ever has its number.
///
/// The number alone means little: it is used again. With the start time, in ticks since the
/// machine's boot, and the boot's own id it means one process for ever, so it may be written down.
package struct ProcessIdentity: Hashable, Sendable, Codable {
  package let pid: Int32
  package let startTicks: UInt64
  package let bootID: String

  package init(pid: Int32, startTicks: UInt64, bootID: String) {
    self.pid = pid
    self.startTicks = startTicks
    self.bootID = bootID
  }

  /// The process that has this number now; nil when there is none, or only its remains.
  package static func of(_ pid: Int32) throws(SubprocessFailure) -> ProcessIdentity? {
    guard let stat = try ProcessStat.of(pid), !stat.hasEnded else { return nil }
    return ProcessIdentity(
      pid: pid, startTicks: stat.startTicks, bootID: try ProcessStat.bootID())
  }

  /// This process.
  package static func current() throws(SubprocessFailure) -> ProcessIdentity {
    guard let identity = try of(getpid()) else {
      throw SubprocessFailure(.unknown, "/proc does not show this process itself")
    }
    return identity
  }

  /// Whether this very process lives; throws when it cannot be told.
  package func isAlive() throws(SubprocessFailure) -> Bool { try Self.of(pid) == self }

  /// Sends a signal to this process alone; false when it has ended.
  @discardableResult
  package func signal(_ number: Int32) throws(SubprocessFailure) -> Bool {
    do throws(SubprocessFailure) {
      // The handle comes first: what it refers to cannot change after it was found to be right.
      let handle = try ProcessHandle(pid)
      guard try isAlive() else { return false }
      try handle.send(number)
      return true
    } catch {
      if error.kind == .gone { return false }
      throw error
    }
  }

  /// Sends a signal to the process group that this process leads; false when it has ended.
  ///
  /// The leader's life is checked first. Its number stays taken as long as its group has members,
  /// so a stranger can be hit only if the leader is its group's last member, ends, is waited for,
  /// and its number is given out again, all between the check and the signal.
  @discardableResult
  package func signalGroup(_ number: Int32) throws(SubprocessFailure) -> Bool {
    guard try isAlive(), getpgid(pid) == pid else { return false }
    guard kill(-pid, number) == 0 else {
      if errno == ESRCH { return false }
      throw SubprocessFailure(errno, "cannot signal the process group \(pid)")
    }
    return true
  }
}

extension ProcessIdentity: CustomStringConvertible {
  package var description: String { "process \(pid)" }
}
