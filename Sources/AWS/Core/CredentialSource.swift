package import Resources
package import Wire

/// Where credentials come from; asked before every request, so it must remember.
package protocol CredentialSource: Sendable {
  /// Credentials that hold for a while; `refusing` are ones that a service just called expired.
  func credentials(refusing old: SigningCredentials?) async throws(Failure) -> SigningCredentials
}

/// Keys that never change.
package struct FixedCredentials: CredentialSource {
  private let fixed: SigningCredentials

  package init(_ fixed: SigningCredentials) { self.fixed = fixed }

  package func credentials(
    refusing old: SigningCredentials?
  ) async throws(Failure) -> SigningCredentials {
    if old == fixed {
      throw .refused(
        "AWS calls the credentials expired: \(fixed)",
        hint: "Renew them, then carry on with 'cutover resume'.")
    }
    return fixed
  }
}
