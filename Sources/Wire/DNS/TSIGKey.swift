import Digests

/// A key that client and server share to sign DNS messages (TSIG, RFC 8945).
///
/// It holds a secret, so it is made at the moment of use and never described.
package struct TSIGKey: Sendable {
  package enum Algorithm: String, Sendable, CaseIterable {
    case sha256 = "hmac-sha256"
    case sha512 = "hmac-sha512"

    var function: HashFunction {
      switch self {
      case .sha256: .sha256
      case .sha512: .sha512
      }
    }

    /// The algorithm's name as it stands in a message.
    var name: DNSName { DNSName(checked: [UInt8(rawValue.utf8.count)] + rawValue.utf8 + [0]) }
  }

  package let name: DNSName
  package let algorithm: Algorithm
  private let secret: [UInt8]

  package init(name: DNSName, algorithm: Algorithm, secret: [UInt8]) {
    self.name = name
    self.algorithm = algorithm
    self.secret = secret
  }

  func code(for bytes: [UInt8]) -> [UInt8] {
    HMAC.code(for: bytes, key: secret, algorithm.function)
  }
}
