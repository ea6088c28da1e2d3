internal import CCrypto

/// One-shot digests, from libcrypto.
///
/// MD5 and SHA-1 are here because stores name objects by them (ETags) and old zone keys use them; nothing of
/// ours trusts them.
package enum Digest {
  package static func md5(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, .md5) }
  package static func sha1(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, .sha1) }
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, .sha256) }
  package static func sha512(_ bytes: [UInt8]) -> [UInt8] { hash(bytes, .sha512) }

  package static func hash(_ bytes: [UInt8], _ function: HashFunction) -> [UInt8] {
    bytes.withUnsafeBytes { hash($0, function) }
  }

  package static func hash(_ bytes: UnsafeRawBufferPointer, _ function: HashFunction) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: function.byteCount)
    let code = EVP_Digest(
      bytes.baseAddress, bytes.count, &digest, nil, function.implementation, nil)
    precondition(code == 1, "libcrypto has no \(function)")
    return digest
  }

  /// HMAC-SHA-256 of a text, as request signatures chain it.
  package static func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
    HMAC.code(for: Array(text.utf8), key: key, .sha256)
  }

  /// Lower-case hexadecimal text.
  package static func hex(_ bytes: [UInt8]) -> String { Hex.text(bytes) }
}
