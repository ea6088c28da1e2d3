import Foundation
import Resources
import Rollouts

/// When a `gate.window` is open, as a playbook has it.
struct WindowInput: Decodable, Sendable {
  struct Weekly: Decodable, Sendable {
    var days: [String]?
    var from: String
    var to: String
    var timeZone: String?
  }

  struct Moments: Decodable, Sendable {
    var from: String
    var to: String
  }

  var windows: [Weekly]?
  var moments: [Moments]?
  var mustFinishWithin: PlaybookDuration?

  /// In the order of Calendar's weekday numbers.
  static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  static let fields: [InputField] = [
    .optional(
      "windows",
      .list(
        .object([
          .optional("days", .list(.choice(days)), "Days on which it opens; by default all."),
          .required("from", .string, "When it opens, such as 22:00."),
          .required(
            "to", .string, "When it closes, such as 04:00, which is on the next day if earlier."),
          .optional(
            "timeZone", .string, "A name such as Europe/Berlin, or an offset such as +02:00.",
            default: "+00:00"),
        ])), "Openings that come again every week."),
    .optional(
      "moments",
      .list(
        .object([
          .required("from", .moment, "When it opens."),
          .required("to", .moment, "When it closes."),
        ])), "Openings that come once."),
    .optional(
      "mustFinishWithin", .duration,
      "How much of an opening must be left; one that closes sooner does not count."),
  ]

  func schedule(of step: String) throws(Failure) -> WindowSchedule {
    var weekly: [WindowSchedule.Weekly] = []
    for window in windows ?? [] { weekly.append(try self.weekly(window, step)) }
    var openings: [WindowSchedule.Opening] = []
    for pair in moments ?? [] {
      let opening = WindowSchedule.Opening(
        from: try moment(pair.from, step), to: try moment(pair.to, step))
      guard opening.from < opening.to else {
        throw bad(step, "an opening ends at \(pair.to), before it begins")
      }
      openings.append(opening)
    }
    guard !weekly.isEmpty || !openings.isEmpty else { throw bad(step, "it never opens") }
    return WindowSchedule(
      weekly: weekly, moments: openings, least: mustFinishWithin?.duration ?? .zero)
  }

  private func weekly(
    _ window: Weekly, _ step: String
  ) throws(Failure) -> WindowSchedule.Weekly {
    var days: Set<Int> = []
    for day in window.days ?? Self.days {
      guard let index = Self.days.firstIndex(of: day) else {
        throw bad(step, "'\(day)' is not a day; write mon, tue, wed, thu, fri, sat or sun")
      }
      days.insert(index + 1)
    }
    guard !days.isEmpty else { throw bad(step, "a window names no day") }
    return WindowSchedule.Weekly(
      days: days, from: try minutes(window.from, step), to: try minutes(window.to, step),
      zone: try zone(window.timeZone ?? "+00:00", step))
  }

  private func minutes(_ text: String, _ step: String) throws(Failure) -> Int {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isASCII) }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour),
      (0...59).contains(minute)
    else { throw bad(step, "'\(text)' is not a time of day such as 22:00") }
    return hour * 60 + minute
  }

  private func zone(_ text: String, _ step: String) throws(Failure) -> TimeZone {
    if text == "Z" || text == "UTC" { return .gmt }
    if let sign = text.first, sign == "+" || sign == "-" {
      let minutes = try minutes(String(text.dropFirst()), step)
      if let zone = TimeZone(secondsFromGMT: (sign == "-" ? -60 : 60) * minutes) { return zone }
    } else if text.contains("/"), let zone = TimeZone(identifier: text) {
      return zone
    }
    throw bad(step, "'\(text)' is not a time zone such as Europe/Berlin or +02:00")
  }

  private func moment(_ text: String, _ step: String) throws(Failure) -> Timestamp {
    if let moment = MomentText.read(text) { return moment }
    throw bad(step, "'\(text)' is not a moment such as 2026-11-21T03:00:00Z")
  }

  private func bad(_ step: String, _ why: String) -> Failure {
    .permanent("step \(step): \(why)", hint: "Mend the playbook.")
  }
}
