import JSON
import Resources

/// Reads values of a playbook as values of a store.
enum ValueText {
  /// The value that a playbook writes; without a type it is the one that the JSON has.
  static func value(
    _ json: JSONValue, as type: ValueType?, of key: String, in step: String
  ) throws(Failure) -> StoredValue {
    let value: StoredValue? =
      switch json {
      case .bool(let flag): StoredValue("\(flag)", as: type ?? .flag)
      case .number(let text): StoredValue(text, as: type ?? .number)
      case .string(let text): StoredValue(text, as: type ?? .word)
      case .null, .array, .object: nil
      }
    if let value { return value }
    throw .permanent(
      "step \(step): \(json.noun) is no \((type ?? .word).rawValue) for '\(key)'",
      hint: "A word is a text on one line, a flag true or false, a number plain decimal digits.")
  }

  static func list(_ values: [StoredValue]) -> String {
    values.map(\.description).joined(separator: ", ")
  }
}
