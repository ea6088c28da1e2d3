import Digests
import Foundation
import JSON
import Resources
import Wire

/// Credentials of IAM Identity Center, from the token that `aws sso login` left in its cache.
///
/// Source: "IAM Identity Center credential provider" of the AWS SDKs and tools reference. A
/// token of an `sso-session` is renewed with its refresh token, and written back for other tools.
struct SSOCredentials {
  let profile: AWSProfile
  let configuration: AWSConfiguration
  let session: AWSSession

  private static let portal = AWSService("sso", endpoint: "portal.sso", .restJSON)
  private static let issuer = AWSService("sso-oidc", endpoint: "oidc", .restJSON)
  /// A token with less left is renewed first.
  private static let earlySeconds: Int64 = 300

  /// Whether the profile takes its credentials from Identity Center.
  ///
  /// A session alone is for tokens of other services.
  static func isNamed(in profile: AWSProfile) -> Bool {
    profile["sso_account_id"] != nil || profile["sso_role_name"] != nil
  }

  func find() async throws(Failure) -> SigningCredentials {
    let account = try profile.require("sso_account_id", beside: "sso_role_name")
    let role = try profile.require("sso_role_name", beside: "sso_account_id")
    let (cacheName, region) = try place()
    let token = try await token(cacheName)
    let client = try session.anonymousClient(
      Self.portal, region: region, profile: profile.name)
    let reply: JSONValue
    do throws(AWSFailure) {
      let call = AWSCall(
        "GetRoleCredentials", method: "GET", path: "/federation/credentials",
        query: [("role_name", role), ("account_id", account)],
        headers: ["x-amz-sso_bearer_token": token])
      reply = try client.value(try await client.send(call), "GetRoleCredentials")
    } catch {
      if error.code == "UnauthorizedException" { throw loginNeeded("AWS does not take its token") }
      throw error.failure("the role \(role) of account \(account)")
    }
    guard let found = reply["roleCredentials"], let access = found["accessKeyId"]?.string,
      let secret = found["secretAccessKey"]?.string,
      let sessionToken = found["sessionToken"]?.string,
      let expires = found["expiration"]?.integer
    else { throw CredentialReply.broken("Identity Center", "its answer has no credentials") }
    return SigningCredentials(
      accessKey: access, secretKey: secret, sessionToken: sessionToken,
      expires: Int64(expires) / 1000, account: account)
  }

  /// What names the file in the cache, and the region of Identity Center.
  private func place() throws(Failure) -> (cacheName: String, region: String) {
    guard let name = profile["sso_session"] else {
      return (
        try profile.require("sso_start_url", beside: "sso_account_id"),
        try profile.require("sso_region", beside: "sso_account_id")
      )
    }
    guard let section = configuration.session(name) else {
      throw profile.broken("sso_session", "there is no [sso-session \(name)]")
    }
    for (key, value) in section.sorted(by: { $0.key < $1.key }) {
      guard let own = profile[key], own != value.text else { continue }
      throw profile.broken(key, "it is another one at \(value.place), in [sso-session \(name)]")
    }
    let declared = AWSProfile(name: "sso-session \(name)", section: section)
    _ = try declared.require("sso_start_url", beside: "sso_region")
    return (name, try declared.require("sso_region", beside: "sso_start_url"))
  }

  private func token(_ cacheName: String) async throws(Failure) -> String {
    let name = Digest.hex(Digest.sha1(Array(cacheName.utf8)))
    let path = "\(session.settings.homeFolder)/.aws/sso/cache/\(name).json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw loginNeeded("nobody has logged in")
    }
    guard let cached = try? JSONValue(reading: Array(data)),
      let token = cached["accessToken"]?.string,
      let expires = cached["expiresAt"]?.string.flatMap(ExpiryTime.seconds)
    else { throw loginNeeded("the token in its cache cannot be read") }
    let left = expires - session.signingTime
    if left > Self.earlySeconds { return token }
    if profile["sso_session"] != nil, let renewed = try await renew(cached, path) { return renewed }
    guard left > 0 else { throw loginNeeded("its token has expired") }
    return token
  }

  /// Nil when the cache holds nothing to renew the token with, or Identity Center refuses.
  private func renew(_ cached: JSONValue, _ path: String) async throws(Failure) -> String? {
    guard let id = cached["clientId"]?.string, let secret = cached["clientSecret"]?.string,
      let refresh = cached["refreshToken"]?.string, let region = cached["region"]?.string
    else { return nil }
    let registered = cached["registrationExpiresAt"]?.string.flatMap(ExpiryTime.seconds)
    if let registered, registered <= session.signingTime { return nil }
    let client = try session.anonymousClient(
      Self.issuer, region: region, profile: profile.name)
    let answer: JSONValue
    do throws(AWSFailure) {
      let input: JSONValue = [
        "clientId": .string(id), "clientSecret": .string(secret), "refreshToken": .string(refresh),
        "grantType": "refresh_token",
      ]
      let call = AWSCall(
        "CreateToken", path: "/token", headers: ["Content-Type": "application/json"],
        body: input.compact(), isRepeatable: false)
      answer = try client.value(try await client.send(call), "CreateToken")
    } catch {
      if case .service = error.kind, !error.isTransient { return nil }
      throw error.failure("the token of '\(profile.name)'")
    }
    guard let token = answer["accessToken"]?.string, let seconds = answer["expiresIn"]?.integer
    else { return nil }
    var changed = cached
    changed["accessToken"] = .string(token)
    let expires = Timestamp(milliseconds: (session.signingTime + Int64(seconds)) * 1000)
    changed["expiresAt"] = .string("\(expires)".replacing(".000Z", with: "Z"))
    if let next = answer["refreshToken"] { changed["refreshToken"] = next }
    try write(changed, path)
    return token
  }

  /// In place at once, and for nobody else to read.
  private func write(_ value: JSONValue, _ path: String) throws(Failure) {
    let partial = "\(path).\(Hex.text(Randomness.bytes(6)))"
    let made = FileManager.default.createFile(
      atPath: partial, contents: Data(value.compact()), attributes: [.posixPermissions: 0o600])
    guard made, rename(partial, path) == 0 else {
      try? FileManager.default.removeItem(atPath: partial)
      throw .permanent(
        "the renewed token of '\(profile.name)' cannot be kept in \(path)",
        hint: "Give yourself the right to write there; the old token is used up.")
    }
  }

  private func loginNeeded(_ why: String) -> Failure {
    .refused(
      "the AWS profile '\(profile.name)' needs a login to Identity Center: \(why)",
      hint: "Run 'aws sso login --profile \(profile.name)', then carry on with 'cutover resume'.")
  }
}
