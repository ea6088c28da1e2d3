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

  private var environment: [String: String] { session.settings.environment }

  /// The credentials of the place, without the role that its URL may name.
  func find(_ profile: String?) async throws(Failure) -> SigningCredentials {
    let configuration = try AWSConfiguration(session.settings)
    let explicit = profile ?? session.settings.profile
    if let explicit {
      return try await named(explicit, configuration)
    }
    if let keys = try environmentKeys() { return keys }
    let name = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
    if let name { return try await named(name, configuration) }
    if let found = configuration.profile("default"), found["role_arn"] != nil,
      let credentials = try await self.profile(found, configuration, seen: [])
    {
      return credentials
    }
    if let credentials = try await webIdentity() { return credentials }
    if let found = configuration.profile("default"),
      let credentials = try await self.profile(found, configuration, seen: [])
    {
      return credentials
    }
    let metadata = MetadataCredentials(environment: environment, http: session.http)
    if let credentials = try await metadata.container() { return credentials }
    if let credentials = try await metadata.machine() { return credentials }
    throw .refused(
      "no AWS credentials were found: not in the environment, not in a default profile of "
        + "\(configuration.files), not with a container or machine role",
      hint: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
  }

  private func named(
    _ name: String, _ configuration: AWSConfiguration
  ) async throws(Failure) -> SigningCredentials {
    guard let profile = configuration.profile(name) else {
      throw .permanent(
        "there is no AWS profile '\(name)' in \(configuration.files)",
        hint: "Correct the name, or add the profile with 'aws configure --profile \(name)'.")
    }
    if let found = try await self.profile(profile, configuration, seen: []) { return found }
    throw .permanent(
      "the AWS profile '\(name)' in \(configuration.files) says nothing of credentials",
      hint: "Add keys, role_arn, sso_session or credential_process to it.")
  }

  private func environmentKeys() throws(Failure) -> SigningCredentials? {
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
    return SigningCredentials(
      accessKey: access, secretKey: secret, sessionToken: value("AWS_SESSION_TOKEN"),
      account: value("AWS_ACCOUNT_ID"))
  }

  /// Nil for a profile that says nothing of credentials.
  private func profile(
    _ profile: AWSProfile, _ configuration: AWSConfiguration, seen: [String]
  ) async throws(Failure) -> SigningCredentials? {
    if let arn = profile["role_arn"] {
      return try await role(arn, of: profile, configuration, seen: seen)
    }
    if SSOCredentials.isNamed(in: profile) {
      return try await SSOCredentials(
        profile: profile, configuration: configuration, session: session
      ).find()
    }
    if let keys = try keys(of: profile) { return keys }
    guard let command = profile["credential_process"] else { return nil }
    return try await CredentialProcess(profile: profile, environment: environment).run(command)
  }

  private func keys(of profile: AWSProfile) throws(Failure) -> SigningCredentials? {
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
      accessKey: access, secretKey: secret, sessionToken: profile["aws_session_token"],
      account: profile["aws_account_id"])
  }

  private func role(
    _ arn: String, of profile: AWSProfile, _ configuration: AWSConfiguration, seen: [String]
  ) async throws(Failure) -> SigningCredentials {
    let region = profile["region"] ?? session.regionOfEnvironment
    var role = STSCalls.Role(
      arn: arn, sessionName: sessionName(profile["role_session_name"]),
      externalID: profile["external_id"], durationSeconds: profile["duration_seconds"])
    if let file = profile["web_identity_token_file"] {
      let client = try session.anonymousClient(.sts, region: region)
      return try await STSCalls(client: client).assume(
        role, webIdentity: try TokenFile.read(file))
    }
    let source = try await source(of: profile, configuration, seen: seen)
    if let serial = profile["mfa_serial"] {
      guard let code = await session.settings.askFactor?(serial, profile.name) else {
        throw .refused(
          "the AWS profile '\(profile.name)' needs the code of the device \(serial), and there is "
            + "no terminal to ask on",
          hint: "Run it in a terminal, or use a profile without a second factor.")
      }
      role.factor = (serial, code)
    }
    let client = try session.client(.sts, region: region, FixedCredentials(source))
    return try await STSCalls(client: client).assume(role)
  }

  /// The credentials that a role of a profile is taken on with.
  private func source(
    of profile: AWSProfile, _ configuration: AWSConfiguration, seen: [String]
  ) async throws(Failure) -> SigningCredentials {
    if let name = profile["source_profile"] {
      if name == profile.name {
        guard let keys = try keys(of: profile) else {
          throw profile.broken("source_profile", "it names itself, and has no keys of its own")
        }
        return keys
      }
      guard !seen.contains(name) else {
        throw profile.broken("source_profile", "the profiles lead round in a circle")
      }
      guard let source = configuration.profile(name) else {
        throw profile.broken("source_profile", "there is no profile '\(name)'")
      }
      let found = try await self.profile(source, configuration, seen: seen + [profile.name])
      guard let found else {
        throw profile.broken("source_profile", "the profile '\(name)' has no credentials")
      }
      return found
    }
    guard let name = profile["credential_source"] else {
      throw profile.broken(
        "role_arn", "it needs 'source_profile', 'credential_source' or 'web_identity_token_file'")
    }
    let metadata = MetadataCredentials(environment: environment, http: session.http)
    let found: SigningCredentials?
    switch name {
    case "Environment": found = try environmentKeys()
    case "Ec2InstanceMetadata": found = try await metadata.machine()
    case "EcsContainer": found = try await metadata.container()
    case _: throw profile.broken("credential_source", "it is none that AWS knows")
    }
    guard let found else {
      throw profile.broken("credential_source", "there are no credentials from \(name)")
    }
    return found
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
