import Foundation
import Resources

/// When a gate is open; decides, and asks no clock.
struct WindowSchedule: Sendable {
  /// A part of a day that comes again on the days named, in one time zone.
  struct Weekly: Sendable {
    /// 1 is Sunday, as Calendar has it.
    var days: Set<Int>
    var from: Int
    /// Minutes of the day; not later than `from` means: on the next day.
    var to: Int
    var zone: TimeZone
  }

  struct Opening: Sendable, Equatable {
    var from: Timestamp
    var to: Timestamp
  }

  var weekly: [Weekly]
  var moments: [Opening]
  /// How much of an opening must be left for it to count.
  var least: Duration

  /// The opening that counts at `now`, or the next one that will; nil when there is none ever.
  func next(at now: Timestamp) -> Opening? {
    let all = moments + weekly.flatMap { openings(of: $0, around: now) }
    return all.filter { max($0.from, now) + least <= $0.to && $0.to > now }
      .min { ($0.from, $0.to) < ($1.from, $1.to) }
  }

  /// A week and a day each side holds every day of the week whole, wherever the clocks change.
  private func openings(of window: Weekly, around now: Timestamp) -> [Opening] {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = window.zone
    let today = calendar.startOfDay(
      for: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000))
    return (-2...9).compactMap { offset in
      guard let day = calendar.date(byAdding: .day, value: offset, to: today),
        window.days.contains(calendar.component(.weekday, from: day)),
        let from = moment(window.from, on: day, calendar),
        let end = calendar.date(byAdding: .day, value: window.to > window.from ? 0 : 1, to: day),
        let to = moment(window.to, on: end, calendar), from < to
      else { return nil }
      return Opening(from: from, to: to)
    }
  }

  /// The moment at which local clocks show that time; where they leap over it, the next one.
  private func moment(_ minutes: Int, on day: Date, _ calendar: Calendar) -> Timestamp? {
    var parts = calendar.dateComponents([.year, .month, .day], from: day)
    parts.hour = minutes / 60
    parts.minute = minutes % 60
    guard let date = calendar.date(from: parts) else { return nil }
    return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }
}
