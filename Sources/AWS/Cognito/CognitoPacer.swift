import Resources
import Synchronization

/// Keeps the requests to user pools below their quotas, and slows down when told to.
///
/// Each category of operations has turns at equal distances. An answer that throttles doubles the
/// distance, at most once for the requests that were under way; good answers shorten it again.
final class CognitoPacer: Sendable {
  typealias Category = CognitoOperation.Category

  /// How much slower than configured it may get.
  private static let slownessMax = 32.0
  /// What each good answer takes off the slowness.
  private static let recovery = 0.98

  private struct Lane {
    /// When the next request may leave, in milliseconds.
    var next = 0.0
    var slowness = 1.0
    var throttledAt: Int64 = .min
  }

  private let share: Double
  private let lanes = Mutex<[Category: Lane]>([:])

  /// `share` of the standard quotas, one for all of it.
  init(share: Double) { self.share = share }

  /// When the next request of a category may leave; the turn is taken.
  func turn(of category: Category, at now: Timestamp) -> Timestamp {
    lanes.withLock { lanes in
      var lane = lanes[category] ?? Lane()
      let start = max(lane.next, Double(now.milliseconds))
      lane.next = start + 1000 * lane.slowness / (category.perSecond * share)
      lanes[category] = lane
      return Timestamp(milliseconds: Int64(start.rounded(.up)))
    }
  }

  func noteThrottling(of category: Category, at now: Timestamp) {
    lanes.withLock { lanes in
      var lane = lanes[category] ?? Lane()
      guard lane.throttledAt < now.milliseconds - Self.deafness else { return }
      lane.throttledAt = now.milliseconds
      lane.slowness = min(lane.slowness * 2, Self.slownessMax)
      lanes[category] = lane
    }
  }

  /// Requests already under way when the first one was throttled say nothing new, in milliseconds.
  private static let deafness: Int64 = 1000

  func noteSuccess(of category: Category) {
    lanes.withLock { lanes in
      guard let slowness = lanes[category]?.slowness, slowness > 1 else { return }
      lanes[category]?.slowness = max(1, slowness * Self.recovery)
    }
  }

  /// What is slowed down now; nil for nothing.
  var slowdown: String? {
    let slow = lanes.withLock { lanes in
      lanes.filter { $0.value.slowness > 1 }.map { ($0.key, $0.value.slowness) }
    }
    guard !slow.isEmpty else { return nil }
    return slow.sorted { $0.0.rawValue < $1.0.rawValue }.map { category, slowness in
      let tenths = (category.perSecond * share / slowness * 10).rounded()
      return
        "Cognito throttles \(category.rawValue), slowed down to \(tenths / 10) requests a second"
    }.joined(separator: "; ")
  }
}
