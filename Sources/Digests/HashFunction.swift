internal import CCrypto

/// A hash function that libcrypto computes.
package enum HashFunction: String, Sendable, CaseIterable {
  case md5
  case sha1
  case sha256
  case sha512

  package var byteCount: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha256: 32
    case .sha512: 64
    }
  }

  /// The C implementation: a static table inside libcrypto, never freed.
  var implementation: OpaquePointer? {
    switch self {
    case .md5: EVP_md5()
    case .sha1: EVP_sha1()
    case .sha256: EVP_sha256()
    case .sha512: EVP_sha512()
    }
  }
}
