import Foundation
import Synchronization
package import Testing

/// Runs the tests of a suite on threads that may wait, for programs, servers and files.
///
/// The pool has a thread for each core, and a test that waits for a program's end holds one of
/// them: on two cores two such tests would keep all others from running, while nothing computes.
package struct WaitingThreads: SuiteTrait, TestTrait, TestScoping {
  package let isRecursive = true

  @concurrent
  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    // For a suite as a whole there is nothing to run that waits.
    guard testCase != nil else { return try await function() }
    try await withTaskExecutorPreference(Threads.shared) { try await function() }
  }

  /// A few threads that take jobs in turn; they live as long as the process.
  private final class Threads: TaskExecutor {
    /// More than cores, since most wait; not many more, lest what computes crawl.
    private static let count = 8
    static let shared = Threads()

    private let jobs = Mutex<[UnownedJob]>([])
    private let isFilled = DispatchSemaphore(value: 0)

    private init() {
      for _ in 0..<Self.count { Thread.detachNewThread { [self] in work() } }
    }

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      jobs.withLock { $0.append(job) }
      isFilled.signal()
    }

    private func work() -> Never {
      while true {
        isFilled.wait()
        let job = jobs.withLock { $0.removeFirst() }
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }
}

extension Trait where Self == WaitingThreads {
  /// For suites that run programs to their ends, ask servers, or otherwise block.
  package static var waiting: Self { WaitingThreads() }
}
