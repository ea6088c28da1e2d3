import JSON
import Resources

/// What a user pool takes, as its description says; nothing of it is assumed.
struct CognitoDefinition: Sendable {
  struct Attribute: Sendable {
    let name: String
    let isRequired: Bool
  }

  /// What the pool itself sets for each user.
  private static let ownAttributes: Set<String> = ["sub", "identities"]
  /// Every pool has these, whether its description names them or not.
  private static let standardAttributes = [
    "address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name",
    "locale", "middle_name", "name", "nickname", "phone_number", "phone_number_verified",
    "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
  ]

  let name: String
  /// What a newcomer can be given; what cannot be changed later can be given at first.
  let attributes: [Attribute]
  /// `email` or `phone_number` when users have these for names, and a random id for themselves.
  let nameAttributes: [String]
  let ignoresCase: Bool
  let hasSecondFactors: Bool
  let passwordLengthMin: Int
  /// The whole answer.
  let raw: JSONValue

  init(_ pool: JSONValue) {
    raw = pool
    name = pool["Name"]?.string ?? ""
    let described = (pool["SchemaAttributes"]?.elements ?? []).compactMap {
      attribute -> Attribute? in
      guard let name = attribute["Name"]?.string, !Self.isOwn(name) else { return nil }
      return Attribute(name: name, isRequired: attribute["Required"]?.bool ?? false)
    }
    let standard = Self.standardAttributes.filter { name in
      !described.contains { $0.name == name }
    }
    attributes = described + standard.map { Attribute(name: $0, isRequired: false) }
    nameAttributes = (pool["UsernameAttributes"]?.elements ?? []).compactMap(\.string)
    // Pools from before this setting tell capital letters apart, and do not have it.
    let sensitivity = pool["UsernameConfiguration"]?["CaseSensitive"]?.bool
    ignoresCase = sensitivity.map { !$0 } ?? false
    hasSecondFactors = (pool["MfaConfiguration"]?.string ?? "OFF") != "OFF"
    passwordLengthMin = pool["Policies"]?["PasswordPolicy"]?["MinimumLength"]?.integer ?? 8
  }

  static func isOwn(_ attribute: String) -> Bool {
    ownAttributes.contains(attribute) || attribute.hasPrefix("cognito:")
  }

  /// The user as an answer has it; groups and second factors may be missing from it.
  func user(_ value: JSONValue) -> User? {
    guard let username = value["Username"]?.string else { return nil }
    let given = value["Attributes"] ?? value["UserAttributes"] ?? []
    var attributes: [String: String] = [:]
    var own: [String: String] = [:]
    for attribute in given.elements ?? [] {
      guard let name = attribute["Name"]?.string else { continue }
      let text = attribute["Value"]?.string ?? ""
      if Self.isOwn(name) { own[name] = text } else { attributes[name] = text }
    }
    var user = User(
      name: username, attributes: attributes, isEnabled: value["Enabled"]?.bool ?? true,
      id: own["sub"], status: value["UserStatus"]?.string)
    let providers = Self.providers(own["identities"])
    if user.status == "EXTERNAL_PROVIDER" {
      user.externalProvider = providers.first ?? "another provider"
    } else {
      if let name = nameAttributes.lazy.compactMap({ attributes[$0] }).first { user.name = name }
      user.unmovable = providers.map { "the link to \($0)" }
    }
    if user.unmovable?.isEmpty == true { user.unmovable = nil }
    return user
  }

  /// The names in `identities`, which is JSON inside a string.
  private static func providers(_ text: String?) -> [String] {
    guard let text, let list = try? JSONValue(reading: Array(text.utf8)) else { return [] }
    return (list.elements ?? []).compactMap { $0["providerName"]?.string }
  }

  /// The second factors of an answer to `AdminGetUser`.
  static func factors(_ value: JSONValue) -> SecondFactors {
    let methods = (value["UserMFASettingList"]?.elements ?? []).compactMap(\.string)
    return SecondFactors(
      methods.compactMap(factor), preferred: value["PreferredMfaSetting"]?.string.flatMap(factor))
  }

  private static func factor(_ setting: String) -> SecondFactor? {
    switch setting {
    case "SMS_MFA": .sms
    case "EMAIL_OTP": .email
    case "SOFTWARE_TOKEN_MFA": .totp
    case _: nil
    }
  }
}
