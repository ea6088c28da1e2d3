import Glibc
import Harness
import Resources
import Wire

@testable import AWS

/// A session that talks to a moto server with the machine's clock.
enum MotoSession {
  static func make(
    _ server: MotoServer, more: [String: String] = [:], clock: any WallClock = RunningClock()
  ) -> AWSSession {
    let environment = server.environment.merging(more) { $1 }
    return AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"),
      clock: clock
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
  }
}

/// The machine's own clock, for tests that wait for a real server.
struct RunningClock: WallClock {
  func now() -> Timestamp {
    let seconds = ContinuousClock.now - start.0
    return start.1 + seconds
  }

  private let start: (ContinuousClock.Instant, Timestamp)

  init() {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    start = (
      ContinuousClock.now,
      Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    )
  }

  func sleep(until moment: Timestamp) async throws(CancellationError) {
    do {
      try await ContinuousClock().sleep(for: moment - now())
    } catch {
      throw CancellationError()
    }
  }
}
