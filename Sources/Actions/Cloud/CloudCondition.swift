import JSON
import Resources

/// What must stand at one path of an answer.
///
/// A plain value must be there as it is; an object with one of the words below says something else,
/// and with `mayLack` beside it, for which values of something else nothing need be there at all.
/// Answers of XML services are all texts, so a number and the text of that number are the same.
struct CloudCondition: Sendable {
  private enum Rule: Sendable {
    case equals(JSONValue)
    case differs(JSONValue)
    case oneOf([JSONValue])
    case atLeast(Double)
    case atMost(Double)
    case matches(String)
    case exists(Bool)
  }

  static let words = "is, not, in, atLeast, atMost, matches or exists"
  private static let lackWord = "mayLack"

  /// How much of a value is shown.
  private static let shownMax = 120

  let path: JSONPath
  private let rule: Rule
  /// Whether nothing need stand there.
  private let mayLack: Bool

  /// Reads the conditions of a playbook's object; sorted, so that messages are the same each time.
  static func all(
    _ object: [String: JSONValue]?, of step: String
  ) throws(Failure) -> [CloudCondition] {
    var conditions: [CloudCondition] = []
    for (path, value) in (object ?? [:]).sorted(by: { $0.key < $1.key }) {
      let (plain, mayLack) = try Self.lack(value, at: path, of: step)
      conditions.append(
        CloudCondition(
          path: try JSONPath.read(path, of: step), rule: try Self.rule(plain, at: path, of: step),
          mayLack: mayLack))
    }
    return conditions
  }

  /// A condition without its `mayLack`, and whether that holds.
  private static func lack(
    _ value: JSONValue, at path: String, of step: String
  ) throws(Failure) -> (JSONValue, Bool) {
    guard let members = value.members, members.count == 2, let lack = value[lackWord] else {
      return (value, false)
    }
    guard let found = lack["value"], let values = lack["is"]?.elements, lack.members?.count == 2
    else {
      throw .permanent(
        "step \(step): '\(lackWord)' at \(path) takes { value: …, is: [ … ] }",
        hint: "Mend the condition.")
    }
    let rest = members.filter { !$0.name.utf8.elementsEqual(lackWord.utf8) }
    return (.object(rest), values.contains { isSame(found, $0) })
  }

  private static func rule(
    _ value: JSONValue, at path: String, of step: String
  ) throws(Failure) -> Rule {
    guard let member = value.members?.first, value.members?.count == 1 else {
      return .equals(value)
    }
    func bad(_ noun: String) -> Failure {
      .permanent(
        "step \(step): '\(member.name)' at \(path) takes \(noun), found \(member.value.noun)",
        hint: "Mend the condition.")
    }
    switch member.name {
    case "is": return .equals(member.value)
    case "not": return .differs(member.value)
    case "in":
      guard let elements = member.value.elements else { throw bad("a list") }
      return .oneOf(elements)
    case "atLeast":
      guard let number = Self.number(member.value) else { throw bad("a number") }
      return .atLeast(number)
    case "atMost":
      guard let number = Self.number(member.value) else { throw bad("a number") }
      return .atMost(number)
    case "matches":
      guard let text = member.value.string, (try? Regex(text)) != nil else {
        throw bad("a regular expression")
      }
      return .matches(text)
    case "exists":
      guard let flag = member.value.bool else { throw bad("true or false") }
      return .exists(flag)
    case _:
      throw .permanent(
        "step \(step): '\(member.name)' at \(path) is not a condition",
        hint: "Conditions are \(words); { is: … } compares with an object.")
    }
  }

  func holds(in tree: JSONValue) -> Bool {
    let found = path.value(in: tree)
    if mayLack, found?.isNull ?? true { return true }
    switch rule {
    case .equals(let value): return Self.isSame(found, value)
    case .differs(let value): return !Self.isSame(found, value)
    case .oneOf(let values): return values.contains { Self.isSame(found, $0) }
    case .atLeast(let number): return found.flatMap(Self.number).map { $0 >= number } ?? false
    case .atMost(let number): return found.flatMap(Self.number).map { $0 <= number } ?? false
    case .matches(let pattern):
      guard let text = found.map(CommandOutputs.text), let regex = try? Regex(pattern) else {
        return false
      }
      return (try? regex.firstMatch(in: text)) != nil
    case .exists(let isWanted): return (found != nil && found?.isNull == false) == isWanted
    }
  }

  /// What is there instead, for a message.
  func finding(in tree: JSONValue, without secrets: Secrets) -> String {
    let found = path.value(in: tree)
    let text = found.map { secrets.excerpt($0.text, atMost: Self.shownMax) }
    return "\(path.text) is \(text ?? "missing")"
  }

  private static func isSame(_ found: JSONValue?, _ wanted: JSONValue) -> Bool {
    guard let found else { return wanted.isNull }
    switch (found, wanted) {
    case (.string, .number), (.number, .string), (.string, .bool), (.bool, .string):
      return CommandOutputs.text(found).utf8.elementsEqual(CommandOutputs.text(wanted).utf8)
    case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _):
      return found.compact(sortedKeys: true) == wanted.compact(sortedKeys: true)
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    Double(CommandOutputs.text(value))
  }
}
