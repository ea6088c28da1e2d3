import Resources
import Wire

/// Roles that profiles take on, with credentials of other profiles or of the surroundings.
extension CredentialChain {
  /// How long a role's session may be; STS takes no other numbers.
  private static let durationRange = 900...43_200

  func role(
    _ arn: String, of profile: AWSProfile, _ configuration: AWSConfiguration
  ) async throws(Failure) -> SigningCredentials {
    let region = profile["region"] ?? session.regionOfEnvironment
    var role = STSCalls.Role(
      arn: arn, sessionName: sessionName(profile["role_session_name"]),
      externalID: profile["external_id"], durationSeconds: try duration(of: profile))
    if let file = profile["web_identity_token_file"] {
      let client = try session.anonymousClient(.sts, region: region, profile: profile.name)
      return try await STSCalls(client: client).assume(
        role, webIdentity: try TokenFile.read(file))
    }
    let source = try await source(of: profile, configuration)
    if let serial = profile["mfa_serial"] {
      guard let code = await session.settings.askFactor?(serial, profile.name) else {
        throw .refused(
          "the AWS profile '\(profile.name)' needs the code of the device \(serial), and there is "
            + "no terminal to ask on",
          hint: "Run it in a terminal, or use a profile without a second factor.")
      }
      role.factor = (serial, code)
    }
    let client = try session.client(.sts, region: region, profile: profile.name, source)
    return try await STSCalls(client: client).assume(role)
  }

  private func duration(of profile: AWSProfile) throws(Failure) -> String? {
    guard let text = profile["duration_seconds"] else { return nil }
    guard let seconds = Int(text), Self.durationRange.contains(seconds) else {
      throw profile.broken(
        "duration_seconds",
        "it is a number from \(Self.durationRange.lowerBound) to \(Self.durationRange.upperBound)")
    }
    return text
  }

  /// The credentials that a role of a profile is taken on with.
  ///
  /// Those of another profile are the session's own, so that its process is run and its person
  /// asked for a code once, however many steps have a session of the role.
  private func source(
    of profile: AWSProfile, _ configuration: AWSConfiguration
  ) async throws(Failure) -> any CredentialSource {
    switch (profile["source_profile"], profile["credential_source"]) {
    case (_?, _?):
      throw profile.broken("credential_source", "'source_profile' stands there too; give one")
    case (nil, nil):
      throw profile.broken(
        "role_arn", "it needs 'source_profile', 'credential_source' or 'web_identity_token_file'")
    case (nil, let kind?):
      return FixedCredentials(try await surroundings(kind, of: profile))
    case (let name?, nil):
      if name == profile.name {
        guard let keys = try keys(of: profile) else {
          throw profile.broken("source_profile", "it names itself, and has no keys of its own")
        }
        return FixedCredentials(keys)
      }
      try checkWay(from: profile, configuration)
      // Keys of a source go before the role that it would take on itself.
      if let source = configuration.profile(name), source["web_identity_token_file"] == nil,
        let keys = try keys(of: source)
      {
        return FixedCredentials(keys)
      }
      return session.credentials(at: CloudPlace(profile: name), purpose: nil)
    }
  }

  /// Refuses profiles that lead round, before anybody waits for himself.
  private func checkWay(
    from profile: AWSProfile, _ configuration: AWSConfiguration
  ) throws(Failure) {
    var seen = [profile.name]
    var current = profile
    while let name = current["source_profile"], name != current.name {
      guard !seen.contains(name) else {
        throw profile.broken("source_profile", "the profiles lead round in a circle")
      }
      guard let source = configuration.profile(name) else {
        throw current.broken("source_profile", "there is no profile '\(name)'")
      }
      let takesRole = source["role_arn"] != nil && source["web_identity_token_file"] == nil
      guard takesRole, source["aws_access_key_id"] == nil else { return }
      seen.append(name)
      current = source
    }
  }

  /// What AWS calls a `credential_source`.
  private func surroundings(
    _ kind: String, of profile: AWSProfile
  ) async throws(Failure) -> SigningCredentials {
    let found: SigningCredentials?
    switch kind {
    case "Environment": found = try environmentKeys()
    case "Ec2InstanceMetadata": found = try await metadata(profile).machine()
    case "EcsContainer": found = try await metadata(profile).container()
    case _:
      throw profile.broken(
        "credential_source", "it is Environment, Ec2InstanceMetadata or EcsContainer")
    }
    guard let found else {
      throw profile.broken("credential_source", "there are no credentials from \(kind)")
    }
    return found
  }
}
