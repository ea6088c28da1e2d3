internal import Foundation
internal import JSON
internal import Resources

/// Attributes of one item by name, as a registry's layout expects them.
struct ItemFields {
  private let value: JSONValue
  private let url: ResourceURL

  init(_ value: JSONValue, _ url: ResourceURL) {
    self.value = value
    self.url = url
  }

  func textIfAny(_ name: String) -> String? { value[name]?["S"]?.string }

  func text(_ name: String) throws(Failure) -> String {
    guard let text = textIfAny(name) else { throw unreadable("it has no text '\(name)'") }
    return text
  }

  func number(_ name: String) throws(Failure) -> String {
    guard let text = value[name]?["N"]?.string else {
      throw unreadable("it has no number '\(name)'")
    }
    return text
  }

  /// A moment in ISO 8601, in UTC or with an offset, with or without a fraction of a second.
  func moment(_ name: String) throws(Failure) -> Timestamp {
    let text = try text(name)
    for hasFraction in [true, false] {
      let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
      if let date = try? style.parse(text) {
        let seconds = date.timeIntervalSince1970
        return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
      }
    }
    throw unreadable("its '\(name)' is no moment")
  }

  func unreadable(_ why: String) -> Failure {
    .permanent(
      "\(url) holds a record of a migration that cannot be read: \(why)",
      hint: "Is it the right table, and the right --layout?")
  }
}
