internal import JSON

/// What the configuration file of an old VAMS migration script says.
///
/// Remarks, nulls and empty texts are dropped, as the scripts did.
struct VAMSConfig: Sendable {
  /// Values by key.
  var values: [String: JSONValue] = [:]
  /// Keys of optional places that still held the template's placeholder.
  var placeholders: [String] = []

  func text(_ key: String) -> String? { values[key]?.string }

  func count(_ key: String) -> Int? {
    if case .number(let text)? = values[key] { Int(text) } else { nil }
  }

  func flag(_ key: String) -> Bool {
    if case .bool(true)? = values[key] { true } else { false }
  }
}
