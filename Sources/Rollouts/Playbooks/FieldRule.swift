import JSON
import Resources

/// What an input of one kind may hold, told without touching any resource.
struct FieldRule {
  let kind: InputField.Kind
  /// Nil at run time, when the providers have their own say.
  let resources: ResourceCatalog?

  private static let secretMark = "${secret:"

  /// Why the value does not do, or nil; for a list or an object the place inside is named.
  func problem(with value: JSONValue) -> String? {
    switch kind {
    case .string, .path: text(value) { text in secretProblem(in: text) }
    case .secretText: text(value) { _ in nil }
    case .step: text(value, "the id of a step") { text in secretProblem(in: text) }
    case .duration:
      text(value, "a duration such as '90s' or '1h30m'") { text in
        PlaybookDuration(text) == nil
          ? "expected a duration such as '90s', '15m' or '1h30m', found '\(text)'" : nil
      }
    case .moment:
      text(value, "a moment such as '2026-11-21T03:00:00Z'") { text in
        Self.isMoment(text)
          ? nil : "expected a moment such as '2026-11-21T03:00:00Z', found '\(text)'"
      }
    case .resource(let kind):
      text(value, "the URL of a \(kind.noun)") { text in urlProblem(text, kind) }
    case .choice(let names): text(value) { text in choiceProblem(text, among: names) }
    case .integer(let range): integerProblem(value, in: range)
    case .boolean: value.bool == nil ? "expected true or false, found \(value.noun)" : nil
    case .list(let kind): listProblem(value, of: kind)
    case .map(let kind): mapProblem(value, of: kind)
    case .object(let fields): objectProblem(value, with: fields)
    case .any: secretProblem(inside: value)
    case .secretAny: nil
    }
  }

  /// The value of a lone reference, turned into what the field holds where nothing is lost by it.
  func coerced(_ value: JSONValue) -> JSONValue {
    switch kind {
    case .string, .secretText, .path, .step, .duration, .moment, .resource, .choice:
      return value.splicedText.map { .string($0) } ?? value
    case .integer:
      guard case .string(let text) = value, Int(text) != nil else { return value }
      return .number(text.hasPrefix("+") ? String(text.dropFirst()) : text)
    case .boolean:
      switch value.string {
      case "true": return .bool(true)
      case "false": return .bool(false)
      default: return value
      }
    case .list, .map, .object, .any, .secretAny: return value
    }
  }

  // MARK: Texts

  private func text(
    _ value: JSONValue, _ noun: String = "a text", _ check: (String) -> String?
  ) -> String? {
    guard case .string(let text) = value else { return "expected \(noun), found \(value.noun)" }
    return check(text)
  }

  private func secretProblem(in text: String) -> String? {
    text.contains(Self.secretMark)
      ? "a secret cannot be used here; only inputs that are marked for secrets keep one out of "
        + "the journal" : nil
  }

  private func secretProblem(inside value: JSONValue) -> String? {
    switch value {
    case .string(let text): secretProblem(in: text)
    case .array(let elements):
      elements.lazy.compactMap { secretProblem(inside: $0) }.first
    case .object(let members):
      members.lazy.compactMap { secretProblem(inside: $0.value) }.first
    case .null, .bool, .number: nil
    }
  }

  private func choiceProblem(_ text: String, among names: [String]) -> String? {
    if names.contains(where: { $0.hasSameBytes(as: text) }) { return nil }
    let list = names.map { "'\($0)'" }.joined(separator: ", ")
    return "expected one of \(list), found '\(text)'"
      + suggestion(nearest(to: text, in: names))
  }

  private func urlProblem(_ text: String, _ kind: ResourceKind) -> String? {
    let url: ResourceURL
    do throws(Failure) {
      url = try ResourceURL(text)
    } catch {
      let example = resources?.providers.first { $0.kind == kind }?.example
      return error.summary + (example.map { "; expected something like '\($0)'" } ?? "")
    }
    for place in [url.authority, url.path, url.fragment ?? ""] where place.contains("${secret:") {
      return "a secret may stand in a URL only as the value of a parameter after '?'"
    }
    guard let resources, let problem = resources.problem(with: url, as: kind) else { return nil }
    let schemes = resources.providers.filter { $0.kind == kind }.map(\.scheme)
    let near =
      resources.providers.contains { $0.scheme == url.scheme }
      ? nil : nearest(to: url.scheme, in: schemes)
    return problem + suggestion(near.map { $0 + "://" })
  }

  /// RFC 3339 with an offset, checked to the day of the month.
  private static func isMoment(_ text: String) -> Bool {
    let pattern = #/(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)/#
    guard let match = text.wholeMatch(of: pattern), let year = Int(match.1),
      let month = Int(match.2), let day = Int(match.3), let hour = Int(match.4),
      let minute = Int(match.5), let second = Int(match.6), (1...12).contains(month)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    return (1...days).contains(day) && hour < 24 && minute < 60 && second <= 60
  }

  // MARK: Numbers and collections

  private func integerProblem(_ value: JSONValue, in range: ClosedRange<Int>) -> String? {
    let bounds =
      range.upperBound == .max
      ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    let expected = "expected a whole number \(bounds), found \(value.noun)"
    guard case .number(let text) = value, let number = JSONNumber.integer(text) else {
      return expected
    }
    return range.contains(number) ? nil : expected
  }

  private func listProblem(_ value: JSONValue, of kind: InputField.Kind) -> String? {
    guard case .array(let elements) = value else { return "expected a list, found \(value.noun)" }
    for (index, element) in elements.enumerated() {
      if let problem = inner(kind).problem(with: element) { return "in [\(index)]: \(problem)" }
    }
    return nil
  }

  private func mapProblem(_ value: JSONValue, of kind: InputField.Kind) -> String? {
    guard case .object(let members) = value else {
      return "expected an object, found \(value.noun)"
    }
    for member in members {
      if let problem = inner(kind).problem(with: member.value) {
        return "in '\(member.name)': \(problem)"
      }
    }
    return nil
  }

  private func objectProblem(_ value: JSONValue, with fields: [InputField]) -> String? {
    guard case .object(let members) = value else {
      return "expected an object, found \(value.noun)"
    }
    for member in members {
      guard let field = fields.first(where: { $0.name.hasSameBytes(as: member.name) }) else {
        return "there is no key '\(member.name)'"
          + suggestion(nearest(to: member.name, in: fields.map(\.name)))
      }
      if let problem = inner(field.kind).problem(with: member.value) {
        return "in '\(member.name)': \(problem)"
      }
    }
    let missing = fields.first { field in
      field.isRequired && !members.contains { $0.name.hasSameBytes(as: field.name) }
    }
    return missing.map { "the key '\($0.name)' is missing: \($0.help)" }
  }

  private func inner(_ kind: InputField.Kind) -> FieldRule {
    FieldRule(kind: kind, resources: resources)
  }
}

/// The end of a message that offers the nearest known name.
func suggestion(_ name: String?) -> String { name.map { "; did you mean '\($0)'?" } ?? "" }
