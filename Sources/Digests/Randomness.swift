internal import CCrypto

/// Bytes that no one can guess.
package enum Randomness {
  /// Bytes from libcrypto's generator, good enough for keys and salts.
  package static func bytes(_ count: Int) -> [UInt8] {
    precondition(count >= 0 && count <= Int(Int32.max), "that many random bytes cannot be had")
    var bytes = [UInt8](repeating: 0, count: count)
    // Without entropy every key would be guessable, so there is nothing to carry on with.
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "libcrypto has no randomness")
    return bytes
  }
}
