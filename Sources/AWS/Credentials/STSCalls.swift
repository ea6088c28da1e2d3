import Resources
import Wire

/// Takes on roles with the Security Token Service.
struct STSCalls {
  let client: AWSClient

  /// What a role is taken on with.
  struct Role {
    var arn: String
    var sessionName: String
    var externalID: String?
    var durationSeconds: String?
    /// The serial number of the second factor and what it shows now.
    var factor: (serial: String, code: String)?
  }

  func assume(_ role: Role) async throws(Failure) -> SigningCredentials {
    var parameters = [("RoleArn", role.arn), ("RoleSessionName", role.sessionName)]
    if let id = role.externalID { parameters.append(("ExternalId", id)) }
    if let seconds = role.durationSeconds { parameters.append(("DurationSeconds", seconds)) }
    if let factor = role.factor {
      parameters += [("SerialNumber", factor.serial), ("TokenCode", factor.code)]
    }
    return try await ask("AssumeRole", parameters, role.arn)
  }

  /// The client must be one that does not sign.
  func assume(_ role: Role, webIdentity token: String) async throws(Failure) -> SigningCredentials {
    var parameters = [
      ("RoleArn", role.arn), ("RoleSessionName", role.sessionName), ("WebIdentityToken", token),
    ]
    if let seconds = role.durationSeconds { parameters.append(("DurationSeconds", seconds)) }
    return try await ask("AssumeRoleWithWebIdentity", parameters, role.arn)
  }

  private func ask(
    _ operation: String, _ parameters: [(String, String)], _ arn: String
  ) async throws(Failure) -> SigningCredentials {
    let answer: XMLNode
    do throws(AWSFailure) {
      answer = try await client.query(operation, parameters)
    } catch {
      throw error.failure("the role \(arn)")
    }
    guard let found = answer.at("\(operation)Result", "Credentials"),
      let access = found.text("AccessKeyId"), let secret = found.text("SecretAccessKey"),
      let token = found.text("SessionToken"),
      let expires = found.text("Expiration").flatMap(ExpiryTime.seconds)
    else { throw CredentialReply.broken("the role \(arn)", "the answer of STS has no credentials") }
    let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
    return SigningCredentials(
      accessKey: access, secretKey: secret, sessionToken: token, expires: expires,
      account: parts.count > 4 ? String(parts[4]) : nil)
  }
}

/// The name that an audit trail shows for a role taken on.
enum RoleSessionName {
  private static let charactersMax = 64

  /// The text with all but letters, digits and `+=,.@_-` replaced, and cut; STS wants two at least.
  static func cleaned(_ text: String) -> String {
    let characters = text.unicodeScalars.prefix(charactersMax).map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "+", "=", ",", ".", "@", "_", "-": Character(scalar)
      default: "-"
      }
    }
    return characters.count < 2 ? "cutover" : String(characters)
  }
}
