import JSON
import Resources

extension CognitoPool: UserMigrating {
  /// What `UpdateUserPool` takes; whatever is left out of a request falls back to its default.
  private static let settings = [
    "Policies", "DeletionProtection", "LambdaConfig", "AutoVerifiedAttributes",
    "SmsVerificationMessage", "EmailVerificationMessage", "EmailVerificationSubject",
    "VerificationMessageTemplate", "SmsAuthenticationMessage", "UserAttributeUpdateSettings",
    "MfaConfiguration", "DeviceConfiguration", "EmailConfiguration", "SmsConfiguration",
    "UserPoolTags", "AdminCreateUserConfig", "UserPoolAddOns", "DcrConfiguration",
    "AccountRecoverySetting", "UserPoolTier", "KeyConfiguration", "IssuerConfiguration",
    "AcrConfiguration",
  ]

  func migrationFunction() async throws(Failure) -> String? {
    guard let definition = try await readDefinition() else {
      throw .permanent("\(url): there is no such user pool", hint: "Check region and pool id.")
    }
    return Self.function(of: definition.raw)
  }

  private static func function(of pool: JSONValue) -> String? {
    pool["LambdaConfig"]?["UserMigration"]?.string
  }

  func setMigrationFunction(_ function: String?, former: String?) async throws(Failure) {
    guard let before = try await readDefinition() else {
      throw .permanent("\(url): there is no such user pool", hint: "Check region and pool id.")
    }
    let current = Self.function(of: before.raw)
    if current == function { return }
    guard current == former else {
      throw .refused(
        "\(url) asks \(current ?? "no function") about unknown users, neither "
          + "\(former ?? "none") nor \(function ?? "none")",
        hint: "Somebody else changed the trigger. Look at it, then 'cutover retry'.")
    }
    _ = try await call(.updateUserPool, Self.update(before.raw, function))
    guard let after = try await readDefinition() else { return }
    let (kept, found) = (Self.update(before.raw, function), Self.update(after.raw, function))
    let changed = Self.settings.filter { $0 != "LambdaConfig" && kept[$0] != found[$0] }
    guard changed.isEmpty else {
      throw .permanent(
        "\(url): setting the trigger has changed \(changed.joined(separator: ", ")) too",
        hint: "Compare the pool with its stack and put these settings back.")
    }
  }

  /// Every setting as it is, but for the trigger.
  static func update(_ pool: JSONValue, _ function: String?) -> JSONValue {
    var input: JSONValue = [:]
    for name in settings { input[name] = pool[name] }
    var triggers = pool["LambdaConfig"] ?? [:]
    triggers["UserMigration"] = function.map { .string($0) }
    input["LambdaConfig"] = triggers
    // Described in two places and refused when given in both.
    if pool["Policies"]?["PasswordPolicy"]?["TemporaryPasswordValidityDays"] != nil,
      var invitation = pool["AdminCreateUserConfig"]
    {
      invitation["UnusedAccountValidityDays"] = nil
      input["AdminCreateUserConfig"] = invitation
    }
    return input
  }

  func migrationFiles(
    from source: ResourceURL, attributes: [String: String]
  ) throws(Failure) -> [String: String] {
    guard source.scheme == url.scheme else {
      throw .refused(
        "\(source) cannot be asked by a migration trigger",
        hint: "Only another user pool can; choose another way for the passwords.")
    }
    return MigrationFunction(
      region: source.authority, pool: try Self.id(of: source), attributes: attributes
    ).files
  }
}
