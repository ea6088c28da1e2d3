import JSON
import Resources

/// What the users of a source have, counted before anything is written.
struct UserSurvey {
  private static let namedMax = 5

  private(set) var count = 0
  private(set) var external = 0
  private(set) var excepted = 0
  private(set) var disabled = 0
  /// Those who cannot ask for a new password by themselves.
  private(set) var unreachable = 0
  private(set) var withCapitals = 0
  private(set) var attributes: [UTF8Key: Int] = [:]
  private(set) var groups: Set<UTF8Key> = []
  /// Names of users without a name attribute of that value, or without a required attribute.
  private(set) var misnamed: [String] = []
  private(set) var incomplete: [String] = []
  private(set) var colliding: [String] = []
  private var folded: Set<[UInt8]> = []

  let target: UserDirectoryDescription

  init(target: UserDirectoryDescription) { self.target = target }

  mutating func note(_ user: User, isExcepted: Bool) {
    count += 1
    if isExcepted {
      excepted += 1
      return
    }
    if user.externalProvider != nil {
      external += 1
      return
    }
    if !user.isEnabled { disabled += 1 }
    for name in user.attributes.keys { attributes[UTF8Key(name), default: 0] += 1 }
    for group in user.groups { groups.insert(UTF8Key(group)) }
    if !Self.isReachable(user) { unreachable += 1 }
    if let names = target.nameAttributes,
      !names.contains(where: { user.attributes[$0].map(user.name.hasSameBytes) ?? false })
    {
      misnamed.append(user.name)
    }
    for name in target.requiredAttributes ?? [] where user.attributes[name] == nil {
      incomplete.append("\(user.name) (\(name))")
    }
    guard target.ignoresCase == true else { return }
    let lower = user.name.lowercased()
    if lower != user.name { withCapitals += 1 }
    if !folded.insert(Array(lower.utf8)).inserted { colliding.append(user.name) }
  }

  private static func isReachable(_ user: User) -> Bool {
    ["email", "phone_number"].contains {
      user.attributes["\($0)_verified"] == "true" && user.attributes[$0]?.isEmpty == false
    }
  }

  /// What makes a copy impossible whatever is mapped how.
  var problems: [String] {
    var problems: [String] = []
    if !misnamed.isEmpty {
      let names = (target.nameAttributes ?? []).joined(separator: " or ")
      problems.append(
        "the target names users by their \(names), and \(misnamed.count) are called otherwise"
          + Self.sample(misnamed))
    }
    if !incomplete.isEmpty {
      problems.append(
        "\(incomplete.count) required attributes are missing" + Self.sample(incomplete))
    }
    if !colliding.isEmpty {
      problems.append(
        "\(colliding.count) names differ in capital letters only, which the target ignores"
          + Self.sample(colliding))
    }
    return problems
  }

  /// What a person should know beforehand.
  var lines: [String] {
    var lines: [String] = []
    if external > 0 {
      lines.append("leave out \(external) users who sign in through other providers")
    }
    if excepted > 0 { lines.append("leave out \(excepted) users named in 'except'") }
    if disabled > 0 { lines.append("\(disabled) users are disabled and stay so") }
    if withCapitals > 0 {
      lines.append(
        "\(withCapitals) names have capital letters, which the target may write small: look at "
          + "what is keyed by user name")
    }
    return lines
  }

  static func sample(_ names: [String]) -> String {
    ": " + names.prefix(namedMax).joined(separator: ", ") + (names.count > namedMax ? " …" : "")
  }
}
