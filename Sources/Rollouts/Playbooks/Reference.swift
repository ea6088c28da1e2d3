/// What one `${…}` means.
enum Reference: Sendable {
  case parameter(String)
  case environment
  /// A value of the colour that is live when the rollout starts; the colour's name without a key.
  case from(String?)
  case to(String?)
  /// A value of each colour in turn; only in the `live` section.
  case color(String?)
  case output(step: String, name: String)
  /// Left in place, as written, until the moment of use.
  case secret(String)

  /// Why a text between the braces means nothing.
  struct Mistake: Error {
    let message: String
  }

  /// Words that begin a reference, and are therefore no names for parameters.
  static let reserved = [
    "from", "to", "color", "environment", "steps", "secret", "each",
  ]

  init(_ body: String) throws(Mistake) {
    if body.hasPrefix("secret:") {
      try Self.checkSecret(body)
      self = .secret("${\(body)}")
      return
    }
    let parts = body.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let key = parts.dropFirst().joined(separator: ".")
    switch parts[0] {
    case "environment" where parts.count == 1: self = .environment
    case "from": self = .from(try Self.key(key, parts.count))
    case "to": self = .to(try Self.key(key, parts.count))
    case "color": self = .color(try Self.key(key, parts.count))
    case "steps":
      guard parts.count >= 4, parts[2] == "outputs", !parts[1].isEmpty, !parts[3].isEmpty else {
        throw Mistake(message: "expected ${steps.ID.outputs.NAME}, found ${\(body)}")
      }
      self = .output(step: parts[1], name: parts.dropFirst(3).joined(separator: "."))
    case "secret": throw Self.badSecret(body)
    case "each":
      throw Mistake(message: "${\(body)} is known only in a step that has 'each' with such a value")
    default:
      guard parts.count == 1, !body.isEmpty else {
        throw Mistake(
          message: "expected a reference such as ${parameter}, ${from.key}, ${to.key}, "
            + "${steps.ID.outputs.NAME} or ${secret:env:NAME}, found ${\(body)}")
      }
      self = .parameter(body)
    }
  }

  private static func key(_ key: String, _ count: Int) throws(Mistake) -> String? {
    if count == 1 { return nil }
    guard !key.isEmpty else { throw Mistake(message: "expected the name of a value after '.'") }
    return key
  }

  private static func badSecret(_ body: String) -> Mistake {
    Mistake(
      message: "expected ${secret:env:NAME}, ${secret:file:path}, ${secret:ssm:/name} or "
        + "${secret:secretsmanager:name#key}, found ${\(body)}")
  }

  private static func checkSecret(_ body: String) throws(Mistake) {
    let parts = body.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[2].isEmpty else { throw badSecret(body) }
    switch parts[1] {
    case "env":
      let isName = parts[2].utf8.enumerated().allSatisfy { index, byte in
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x5F: true
        case 0x30...0x39: index > 0
        default: false
        }
      }
      guard isName else { throw badSecret(body) }
    case "file", "ssm", "secretsmanager": break
    default: throw badSecret(body)
    }
  }

  /// As it stands in the playbook.
  var text: String {
    switch self {
    case .parameter(let name): "${\(name)}"
    case .environment: "${environment}"
    case .from(let key): "${from\(key.map { "." + $0 } ?? "")}"
    case .to(let key): "${to\(key.map { "." + $0 } ?? "")}"
    case .color(let key): "${color\(key.map { "." + $0 } ?? "")}"
    case .output(let step, let name): "${steps.\(step).outputs.\(name)}"
    case .secret(let text): text
    }
  }
}
