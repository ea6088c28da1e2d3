internal import Resources

/// The waits between looks at something that takes its time: short at first, then longer.
struct PollPause {
  private static let first = Duration.milliseconds(500)
  private static let longest = Duration.seconds(5)

  private var next = first

  mutating func wait(on clock: any WallClock) async throws(Failure) {
    do throws(CancellationError) {
      try await clock.sleep(for: next)
    } catch {
      throw .cancelled
    }
    next = min(next * 2, Self.longest)
  }
}
