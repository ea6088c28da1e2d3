import Glibc

/// Starts processes that live on after this one, and stops them.
package enum Daemon {
  /// Starts a program that outlives us, with its output appended to files.
  ///
  /// It reads nothing, leads its own session, and carries the marks of `invocation.environment`:
  /// a run that is killed before it writes the identity down finds it again by these
  /// (``Leftovers``). `input`, `timeLimit` and `outputBytesMax` play no part.
  package static func start(
    _ invocation: Invocation, output: String, errors: String
  ) async throws(SubprocessFailure) -> ProcessIdentity {
    try await WatchThread.run {
      Result { () throws(SubprocessFailure) in
        let flags = O_WRONLY | O_CREAT | O_APPEND
        let null = try Descriptor.open("/dev/null", O_RDONLY)
        let out = try Descriptor.open(output, flags, mode: 0o640)
        let err = try Descriptor.open(errors, flags, mode: 0o640)
        let pid = try Spawner.spawn(
          invocation, input: null, output: out, errors: err)
        // Nobody else can wait for our child, so its entry is there even if it has ended already.
        guard let stat = try ProcessStat.of(pid) else {
          throw SubprocessFailure(.gone, "process \(pid) (\(invocation.program)) is gone")
        }
        return ProcessIdentity(
          pid: pid, startTicks: stat.startTicks, bootID: try ProcessStat.bootID())
      }
    }.get()
  }

  /// Asks the process's whole group to end, kills it after `grace`, and returns when the process
  /// itself is gone; one that has ended already is success.
  package static func stop(
    _ process: ProcessIdentity, grace: Duration
  ) async throws(SubprocessFailure) {
    try await WatchThread.run {
      Result { () throws(SubprocessFailure) in try end(process, grace: grace) }
    }.get()
  }

  /// How long the kernel may take to end what was killed.
  private static let deathMax = Duration.seconds(10)

  private static func end(
    _ process: ProcessIdentity, grace: Duration
  ) throws(SubprocessFailure) {
    defer { reap(process.pid) }
    let handle: ProcessHandle
    do throws(SubprocessFailure) {
      handle = try ProcessHandle(process.pid)
    } catch {
      if error.kind == .gone { return }
      throw error
    }
    for (signal, limit) in [(SIGTERM, grace), (SIGKILL, deathMax)] {
      if try !process.signalGroup(signal), try !process.signal(signal) { return }
      if signal == SIGTERM { _ = try process.signalGroup(SIGCONT) }
      if handle.waitForEnd(limit) { return try killRemains(of: process) }
    }
    throw SubprocessFailure(
      .unknown, "process \(process.pid) does not end although it was killed")
  }

  /// Kills what is left of a group whose leader has just ended.
  private static func killRemains(of process: ProcessIdentity) throws(SubprocessFailure) {
    for pid in try ProcFile.pids() {
      guard let stat = try ProcessStat.of(pid), stat.session == process.pid, !stat.hasEnded,
        stat.startTicks >= process.startTicks, let member = try ProcessIdentity.of(pid)
      else { continue }
      try member.signal(SIGKILL)
    }
  }

  /// Takes away the remains of a child of ours; for others this does nothing.
  private static func reap(_ pid: Int32) {
    waitpid(pid, nil, WNOHANG)
  }
}
