/// What signs requests to AWS; its description shows the access key's id only.
package struct SigningCredentials: Sendable, Equatable, CustomStringConvertible {
  package var accessKey: String
  package var secretKey: String
  package var sessionToken: String?
  /// When they end, in seconds since 1970; nil for keys that do not end by themselves.
  package var expires: Int64?
  /// The account they belong to, where the source says so.
  package var account: String?

  package init(
    accessKey: String, secretKey: String, sessionToken: String? = nil, expires: Int64? = nil,
    account: String? = nil
  ) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.expires = expires
    self.account = account
  }

  package var description: String { "the access key \(accessKey)" }
}
