import Resources
import Wire

/// Finds credentials where the tools of AWS look for them, in their order.
///
/// Environment, profile (role, Identity Center, keys, process), web identity, container, machine. A
/// profile that somebody named is the only one asked: what it lacks is an error, never a reason to
/// look elsewhere. So is a source that is there but broken.
struct CredentialChain {
  let session: AWSSession
  /// For the name of a role's session.
  let purpose: String?

  var environment: [String: String] { session.settings.environment }

  /// The credentials of the place, without the role that its URL may name.
  func find(_ profile: String?) async throws(Failure) -> SigningCredentials {
    let configuration = try AWSConfiguration(session.settings)
    if let explicit = profile ?? session.settings.profile {
      return try await named(explicit, configuration)
    }
    let name = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
    // A name that nothing has is a slip, also where keys go before it.
    if let name { _ = try known(name, configuration) }
    if let keys = try environmentKeys() { return keys }
    if let name { return try await named(name, configuration) }
    if let found = configuration.profile("default"), found["role_arn"] != nil,
      let credentials = try await self.profile(found, configuration)
    {
      return credentials
    }
    if let credentials = try await webIdentity() { return credentials }
    if let found = configuration.profile("default"),
      let credentials = try await self.profile(found, configuration)
    {
      return credentials
    }
    let metadata = try metadata(configuration.profile("default"))
    if let credentials = try await metadata.container() { return credentials }
    if let credentials = try await metadata.machine() { return credentials }
    throw .refused(
      "no AWS credentials were found: not in the environment, not in a default profile of "
        + "\(configuration.files), not with a container or machine role",
      hint: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
  }

  private func known(
    _ name: String, _ configuration: AWSConfiguration
  ) throws(Failure) -> AWSProfile {
    if let profile = configuration.profile(name) { return profile }
    throw .permanent(
      "there is no AWS profile '\(name)' in \(configuration.files)",
      hint: "Correct the name, or add the profile with 'aws configure --profile \(name)'.")
  }

  private func named(
    _ name: String, _ configuration: AWSConfiguration
  ) async throws(Failure) -> SigningCredentials {
    let profile = try known(name, configuration)
    if let found = try await self.profile(profile, configuration) { return found }
    throw .permanent(
      "the AWS profile '\(name)' in \(configuration.files) says nothing of credentials",
      hint: "Add keys, role_arn, sso_account_id with its role, or credential_process to it.")
  }

  func environmentKeys() throws(Failure) -> SigningCredentials? {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let access = value("AWS_ACCESS_KEY_ID")
    let secret = value("AWS_SECRET_ACCESS_KEY")
    guard let access, let secret else {
      guard access == nil, secret == nil else {
        throw .permanent(
          "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set", hint: "Set both.")
      }
      return nil
    }
    var expires: Int64?
    if let text = value("AWS_CREDENTIAL_EXPIRATION") {
      expires = ExpiryTime.seconds(text)
      guard expires != nil else {
        throw .permanent(
          "AWS_CREDENTIAL_EXPIRATION is not a moment such as 2026-11-21T05:00:00Z",
          hint: "Mend it, or take it away.")
      }
    }
    return SigningCredentials(
      accessKey: access, secretKey: secret,
      sessionToken: value("AWS_SESSION_TOKEN") ?? value("AWS_SECURITY_TOKEN"), expires: expires,
      account: value("AWS_ACCOUNT_ID"))
  }

  /// Nil for a profile that says nothing of credentials.
  private func profile(
    _ profile: AWSProfile, _ configuration: AWSConfiguration
  ) async throws(Failure) -> SigningCredentials? {
    if let arn = profile["role_arn"] { return try await role(arn, of: profile, configuration) }
    if SSOCredentials.isNamed(in: profile) {
      return try await SSOCredentials(
        profile: profile, configuration: configuration, session: session
      ).find()
    }
    let keys = try keys(of: profile)
    // A process goes before keys, except for those of the file that is for keys only.
    if let keys, profile.isFromCredentialsFile("aws_access_key_id") { return keys }
    if profile["login_session"] != nil {
      throw .refused(
        "the AWS profile '\(profile.name)' uses 'aws login', whose sessions are not read here",
        hint: "Give another profile 'credential_process = aws configure export-credentials "
          + "--profile \(profile.name)' and use that one.")
    }
    if let command = profile["credential_process"] {
      return try await CredentialProcess(profile: profile, environment: environment).run(command)
    }
    return keys
  }

  func keys(of profile: AWSProfile) throws(Failure) -> SigningCredentials? {
    let access = profile["aws_access_key_id"]
    let secret = profile["aws_secret_access_key"]
    guard let access, let secret else {
      if access != nil {
        throw profile.broken("aws_access_key_id", "it needs 'aws_secret_access_key' beside it")
      }
      if secret != nil {
        throw profile.broken("aws_secret_access_key", "it needs 'aws_access_key_id' beside it")
      }
      return nil
    }
    return SigningCredentials(
      accessKey: access, secretKey: secret,
      sessionToken: profile["aws_session_token"] ?? profile["aws_security_token"],
      account: profile["aws_account_id"])
  }

  func metadata(_ profile: AWSProfile?) throws(Failure) -> MetadataCredentials {
    try MetadataCredentials(environment: environment, profile: profile, http: session.http)
  }

  private func webIdentity() async throws(Failure) -> SigningCredentials? {
    guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
    guard let arn = environment["AWS_ROLE_ARN"] else {
      throw .permanent(
        "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN", hint: "Set both.")
    }
    let role = STSCalls.Role(
      arn: arn, sessionName: sessionName(environment["AWS_ROLE_SESSION_NAME"]))
    let client = try session.anonymousClient(.sts, region: session.regionOfEnvironment)
    return try await STSCalls(client: client).assume(role, webIdentity: try TokenFile.read(file))
  }

  /// What a profile fixes wins, for a role's trust may demand it; else the rollout and step.
  func sessionName(_ fixed: String? = nil) -> String {
    RoleSessionName.cleaned(fixed ?? purpose ?? "cutover")
  }
}
