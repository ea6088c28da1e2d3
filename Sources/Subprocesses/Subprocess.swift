/// Runs programs to their end.
package enum Subprocess {
  /// Takes one line at a time, on the thread that watches the process; while it runs, the process's
  /// further output and its time limit wait.
  package typealias LineHandler = @Sendable (OutputStream, [UInt8]) -> Void

  /// Runs a program and returns what became of it, a failing exit status included.
  ///
  /// No thread of the cooperative pool ever waits. When the time limit passes or the task is
  /// cancelled, the whole process group is asked to end (SIGTERM) and, after the grace period,
  /// killed; the outcome says so. What is left of the group when the process itself has ended is
  /// killed too. Throws only if the process could not be started or watched.
  package static func run(
    _ invocation: Invocation, line: LineHandler? = nil
  ) async throws(SubprocessFailure) -> Outcome {
    let bell = try Bell()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        WatchThread.start {
          continuation.resume(returning: Watch.run(invocation, bell: bell, line: line))
        }
      }
    } onCancel: {
      bell.ring()
    }
    return try result.get()
  }
}
