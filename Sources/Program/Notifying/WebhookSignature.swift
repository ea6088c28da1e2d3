internal import Digests

/// Signs a call as Standard Webhooks 1.0 says: HMAC-SHA-256 over `id.timestamp.body`.
struct WebhookSignature {
  private let key: [UInt8]

  private static let mark = "whsec_"

  /// A secret `whsec_…` is the key in base64; any other is the key itself.
  ///
  /// Nil for a secret that is empty or marked but not base64.
  init?(secret: String) {
    if secret.hasPrefix(Self.mark) {
      guard let key = Base64.decode(String(secret.dropFirst(Self.mark.count))) else { return nil }
      self.key = key
    } else {
      key = Array(secret.utf8)
    }
    if key.isEmpty { return nil }
  }

  /// The value of `webhook-signature`.
  func header(id: String, seconds: Int64, body: [UInt8]) -> String {
    let signed = Array("\(id).\(seconds).".utf8) + body
    return "v1," + Base64.text(HMAC.code(for: signed, key: key, .sha256))
  }
}
