internal import CCrypto

/// Random bytes, and comparison that tells nothing by its duration.
package enum Secrets {
  /// Bytes from libcrypto's generator, good enough for keys and salts.
  package static func random(_ count: Int) -> [UInt8] {
    precondition(count >= 0 && count <= Int(Int32.max), "that many random bytes cannot be had")
    var bytes = [UInt8](repeating: 0, count: count)
    // Without entropy every key would be guessable, so there is nothing to carry on with.
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "libcrypto has no randomness")
    return bytes
  }

  /// Whether two codes are the same, in a time that depends on their length only.
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
