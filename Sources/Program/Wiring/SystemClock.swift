internal import Glibc
package import Resources

/// The time of day of this machine.
package struct SystemClock: WallClock {
  package init() {}

  package func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// The longest that a clock set forward or back goes unnoticed.
  private static let slice: Duration = .seconds(5)

  package func sleep(until moment: Timestamp) async throws(CancellationError) {
    while true {
      let left = moment - now()
      guard left > .zero else { return }
      do {
        try await Task.sleep(for: min(left, Self.slice))
      } catch {
        throw CancellationError()
      }
    }
  }
}
