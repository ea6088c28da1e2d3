import Foundation
import Resources

/// Moments as playbooks write them: RFC 3339, such as `2026-11-21T03:00:00Z`.
enum MomentText {
  /// Nil for anything else.
  static func read(_ text: String) -> Timestamp? {
    for style in [Date.ISO8601FormatStyle(), .init(includingFractionalSeconds: true)] {
      if let date = try? style.parse(text) {
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
      }
    }
    return nil
  }

  /// The moment of an input field; nil where it is left out.
  static func read(
    _ text: String?, _ field: String, of action: String
  ) throws(Failure) -> Timestamp? {
    guard let text else { return nil }
    guard let moment = read(text) else {
      throw .permanent(
        "\(action): '\(field)' is '\(text)', which is no moment such as 2026-11-21T03:00:00Z",
        hint: "Mend the playbook.")
    }
    return moment
  }
}
