import Glibc

/// A moment of the clock that never goes back, exact to a few milliseconds and very cheap to read.
struct LoopTime {
  private let milliseconds: Int64

  static let zero = LoopTime(milliseconds: 0)

  static func now() -> LoopTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return LoopTime(
      milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }

  static func + (time: LoopTime, milliseconds: Int) -> LoopTime {
    LoopTime(milliseconds: time.milliseconds + Int64(milliseconds))
  }

  static func - (later: LoopTime, earlier: LoopTime) -> Duration {
    .milliseconds(later.milliseconds - earlier.milliseconds)
  }

  static func <= (left: LoopTime, right: LoopTime) -> Bool {
    left.milliseconds <= right.milliseconds
  }
}
