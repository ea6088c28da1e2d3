import Resources
import Rollouts
import Synchronization

/// Decides how fast a target is written: as fast as the playbook allows and the store takes.
///
/// Counted in write units, 1 KB begun of an item each. When the store turns writes away the rate
/// falls by a part, and it rises again slowly while all is taken (additive increase, multiplicative
/// decrease). Shared by all that write to one target.
final class WriteGovernor: Sendable {
  private static let fall = 0.7
  /// Of the rate, in a second.
  private static let rise = 0.05
  private static let rateMin = 1.0
  /// A limit that was learnt is forgotten when this many times it goes through.
  private static let forgetFactor = 8.0
  static let unitBytes = 1024
  /// How long after it held a write up a rate still counts as the reason.
  private static let boundSpan: Duration = .seconds(2)

  private struct State {
    /// Units in a second; nil while nothing limits them.
    var rate: Double?
    /// The rate to which the first refusal brought it.
    var learnt: Double?
    /// When the units admitted so far are used up.
    var free: Timestamp?
    var began: Timestamp?
    var taken = 0.0
    var changed: Timestamp?
    /// Until when the rate counts as what holds writes up.
    var boundUntil: Timestamp?
  }

  /// What the playbook allows at most, and how it says so.
  private let limit: (rate: Double, text: String)?
  private let target: ResourceURL
  private let state = Mutex(State())

  init(of target: ResourceURL, limit: (rate: Double, text: String)? = nil) {
    self.target = target
    self.limit = limit
    state.withLock { $0.rate = limit?.rate }
  }

  /// What a step's input and the rollout allow, whatever the target can take.
  static func limits(
    step: Int?, _ site: Site
  ) -> [(rate: Double, text: String)] {
    var limits: [(rate: Double, text: String)] = []
    if let step { limits.append((Double(step), "\(step) units of 1 KB a second")) }
    if let rate = site.writeRateMax {
      limits.append((Double(rate), "\(rate) units of 1 KB a second (--max-write-rate)"))
    }
    return limits
  }

  /// Whether a playbook or a person slows it down.
  var isLimited: Bool { limit != nil }

  static func units(_ change: ItemChange) -> Double {
    switch change {
    case .put(let item), .insert(let item):
      Double((item.bytes.count + unitBytes - 1) / unitBytes)
    case .delete: 1
    case .replace(let former, let item): max(units(.put(former)), units(.put(item)))
    case .remove(let former): units(.put(former))
    }
  }

  /// Why writes are slower than they could be; nil where no rate has held any up of late.
  func reason(at now: Timestamp) -> String? {
    state.withLock { state in
      guard let rate = state.rate, let bound = state.boundUntil, now < bound else { return nil }
      if state.learnt != nil {
        return "\(target) takes no more: slowed to \(Int(rate)) units of 1 KB a second"
      }
      return limit.map { "the limit of \($0.text)" }
    }
  }

  /// How many units may go in one go, so that the pace is even; nil for any number.
  var portion: Double? { state.withLock { $0.rate.map { max(1, $0 / 2) } } }

  /// When this many units may be sent.
  func admit(_ units: Double, at now: Timestamp) -> Timestamp {
    state.withLock { state in
      if state.began == nil { state.began = now }
      guard let rate = state.rate else { return now }
      let start = max(now, state.free ?? now)
      state.free = start + .milliseconds(Int64((units / rate * 1000).rounded(.up)))
      if start > now { state.boundUntil = start + Self.boundSpan }
      return start
    }
  }

  func took(_ units: Double, at now: Timestamp) {
    state.withLock { state in
      state.taken += units
      guard let rate = state.rate, let learnt = state.learnt else { return }
      let seconds = Self.seconds(from: state.changed ?? now, to: now)
      state.changed = now
      let risen = rate + learnt * Self.rise * min(seconds, 10)
      state.rate = min(risen, limit?.rate ?? .infinity)
      if risen > learnt * Self.forgetFactor {
        state.rate = limit?.rate
        state.learnt = nil
      }
    }
  }

  /// The store turned some of what was sent away.
  func turnedAway(at now: Timestamp) {
    state.withLock { state in
      let seconds = max(0.1, Self.seconds(from: state.began ?? now, to: now))
      let measured = max(Self.rateMin, state.taken / seconds)
      // Refusals of what was sent side by side are one piece of news.
      if let changed = state.changed, state.learnt != nil,
        Self.seconds(from: changed, to: now) < 0.2
      {
        return
      }
      let rate = max(Self.rateMin, min(state.rate ?? measured, measured * 2) * Self.fall)
      state.rate = rate
      state.learnt = rate
      state.changed = now
      state.boundUntil = now + Self.boundSpan
    }
  }

  private static func seconds(from: Timestamp, to: Timestamp) -> Double {
    Double(max(0, to.milliseconds - from.milliseconds)) / 1000
  }
}
