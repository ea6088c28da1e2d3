internal import Resources
internal import Rollouts

/// Puts values into the store that a `live` section names, at a person's word.
struct ValueRepair {
  let store: any ValueStore

  /// Changes a value where it still is what it was when it was looked at; answers what was done.
  func put(_ key: String, _ text: String) async throws -> String {
    let (type, former) = try await there(key, text)
    guard let value = StoredValue(text, as: type) else {
      throw Refusal(
        .usage, "'\(text)' is no \(type.rawValue), as '\(key)' of \(store.url) is",
        hint: "Nothing was changed.")
    }
    guard
      case .conflict(let found) = try await store.replace(
        key, type, former: former, with: value, again: false)
    else { return "\(key): \(former?.description ?? "nothing") → \(value)" }
    throw Refusal(
      .stuck, "'\(key)' of \(store.url) is \(found.text) now: somebody else changes it",
      hint: "It was not overwritten. Look again.")
  }

  /// What is there, and of which type; where nothing is, what is to be there tells.
  private func there(
    _ key: String, _ text: String
  ) async throws -> (type: ValueType, former: StoredValue?) {
    var seen = ""
    for type in ValueType.allCases {
      switch try await store.value(of: key, as: type) {
      case .value(let value): return (type, value)
      case .absent: return (StoredValue(text, as: .flag) == nil ? .word : .flag, nil)
      case .malformed(let what): seen = what
      }
    }
    throw Refusal(
      .stuck, "'\(key)' of \(store.url) holds \(seen)",
      hint: "Nothing was changed. Put it right by hand.")
  }
}
