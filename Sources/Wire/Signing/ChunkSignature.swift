internal import Digests

/// Signs the chunks of a streamed body, each signature resting on the one before.
///
/// Source: "Signature calculations for the Authorization header: Transferring payload in multiple
/// chunks" of the S3 API reference.
package struct ChunkSignature: Sendable {
  private var previous: [UInt8]
  private let key: [UInt8]
  private let time: [UInt8]
  private let scope: [UInt8]

  init(seed: [UInt8], key: [UInt8], time: [UInt8], scope: [UInt8]) {
    previous = seed
    self.key = key
    self.time = time
    self.scope = scope
  }

  /// The signature of the next chunk in hexadecimal; that of the empty last one ends the body.
  mutating func sign(chunk: [UInt8]) -> [UInt8] {
    sign("AWS4-HMAC-SHA256-PAYLOAD", [Digest.sha256([]), Digest.sha256(chunk)])
  }

  /// The signature of the trailing headers, given as lines with their ends.
  mutating func sign(trailer: [UInt8]) -> [UInt8] {
    sign("AWS4-HMAC-SHA256-TRAILER", [Digest.sha256(trailer)])
  }

  private mutating func sign(_ title: String, _ digests: [[UInt8]]) -> [UInt8] {
    let parts = [Array(title.utf8), time, scope, previous] + digests.map(Hex.encode)
    let text = Array(parts.joined(separator: [UInt8(ascii: "\n")]))
    previous = Hex.encode(HMAC.code(for: text, key: key, .sha256))
    return previous
  }
}
