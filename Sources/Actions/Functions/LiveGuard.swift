import JSON
import Resources
import Rollouts

/// Proves that nothing live names what is about to be deleted.
///
/// A function or a variable that is not there proves nothing, and neither does one that cannot be
/// read: all of them refuse.
struct LiveGuard: Sendable {
  let functions: [FunctionVariable]
  /// Values, such as those of the deploy table, of which none may name it.
  let values: [String]
  let account: CloudAccount
  let site: Site

  static func fields(_ what: String) -> [InputField] {
    [
      .optional(
        "live", .list(.object(FunctionVariable.fields)),
        "Variables of live functions, none of which may name \(what)."),
      .optional("notEqual", .list(.string), "Values, none of which may name \(what)."),
    ]
  }

  var isIdle: Bool { functions.isEmpty && values.isEmpty }

  func rights() -> [StepRight] { Self.rights(functions, account) }

  static func rights(_ functions: [FunctionVariable]?, _ account: CloudAccount) -> [StepRight] {
    var rights: [StepRight] = []
    for right in (functions ?? []).map({ $0.right(account) }) where !rights.contains(right) {
      rights.append(right)
    }
    return rights
  }

  /// Throws unless it is sure that nothing live names `name`.
  ///
  /// `isPart` also takes it for named where it stands within a longer word, such as an endpoint.
  func check(_ name: String, isPart: Bool = false) async throws(Failure) {
    for value in values {
      guard !value.isEmpty else {
        throw .refused(
          "\(name) is not deleted: one of the values that must differ from it is empty",
          hint: "Find out why; an empty value does not tell what is live.")
      }
      if Self.names(value, name, isPart) {
        throw .refused(
          "\(name) is not deleted: '\(site.secrets.redact(value))' under 'notEqual' names it",
          hint: "It may be live. Compare the deploy values with the functions' environment.")
      }
    }
    for function in functions {
      switch try await function.reading(account, in: site) {
      case .noFunction:
        throw .refused(
          "\(name) is not deleted: there is no \(function.title) to tell what is live",
          hint: "Name a function of the live side.")
      case .noVariable:
        throw .refused(
          "\(name) is not deleted: there is no variable \(function.title) to tell what is live",
          hint: "Name the variable by which the function finds what it works on.")
      case .value(let value):
        guard !value.isEmpty else {
          throw .refused(
            "\(name) is not deleted: \(function.title) is empty and does not tell what is live",
            hint: "Name the variable by which the function finds what it works on.")
        }
        if Self.names(value, name, isPart) {
          throw .refused(
            "\(name) is not deleted: it is live, \(function.title) names it",
            hint: "Nothing live may be deleted. Find out what this step should name.")
        }
      }
    }
  }

  /// Whether a value names it: by itself, within an ARN or a URL, or within a longer word.
  static func names(_ value: String, _ name: String, _ isPart: Bool) -> Bool {
    if isPart { return value.contains(name) }
    return value.utf8.split { byte in
      let isWord =
        (97...122).contains(byte | 0x20) && byte < 0x80 || (48...57).contains(byte)
        || [45, 46, 95].contains(byte)
      return !isWord
    }.contains { $0.elementsEqual(name.utf8) }
  }
}
