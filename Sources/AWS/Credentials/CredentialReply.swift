import JSON
import Resources
import Wire

/// Credentials as processes, containers and machines hand them out in JSON.
enum CredentialReply {
  /// Reads them; nothing of the text reaches a message, for it holds secrets.
  ///
  /// `version` is what the answer must call its format; nil where formats have no versions.
  static func read(
    _ bytes: [UInt8], token: String, version: Int?, from source: String
  ) throws(Failure) -> SigningCredentials {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(reading: bytes)
    } catch {
      throw broken(source, "its answer is not JSON")
    }
    if let version, value["Version"]?.integer != version {
      throw broken(source, "its answer does not say \"Version\": \(version)")
    }
    if let code = value["Code"]?.string, code != "Success" {
      throw broken(source, "it answers with the code \(code.prefix(60))")
    }
    guard let access = value["AccessKeyId"]?.string, let secret = value["SecretAccessKey"]?.string
    else { throw broken(source, "its answer has no AccessKeyId and SecretAccessKey") }
    var expires: Int64?
    if let text = value["Expiration"]?.string {
      guard let moment = ExpiryTime.seconds(text) else {
        throw broken(source, "its Expiration is not a moment such as 2026-11-21T05:00:00Z")
      }
      expires = moment
    }
    return SigningCredentials(
      accessKey: access, secretKey: secret, sessionToken: value[token]?.string, expires: expires,
      account: value["AccountId"]?.string)
  }

  static func broken(_ source: String, _ why: String) -> Failure {
    .permanent(
      "no AWS credentials from \(source): \(why)",
      hint: "Mend that source of credentials, or choose another profile.")
  }
}
