internal import CCrypto

/// Slow hashes for passwords: PBKDF2 (RFC 8018) and scrypt (RFC 7914).
///
/// Both take as long as their costs say, so call them away from an actor that others wait for.
package enum KeyDerivation {
  /// The memory that one scrypt derivation may take; greater costs are refused, not tried.
  package static let scryptBytesMax = 256 << 20
  package static let iterationsMax = 100_000_000
  package static let keyBytesMax = 1 << 16

  /// A cost that was asked for but cannot be met.
  package struct CostError: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  package static func pbkdf2(
    password: [UInt8], salt: [UInt8], iterations: Int, byteCount: Int, _ function: HashFunction
  ) throws(CostError) -> [UInt8] {
    guard (1...iterationsMax).contains(iterations), (1...keyBytesMax).contains(byteCount) else {
      throw CostError(
        description:
          "PBKDF2 with \(iterations) iterations for \(byteCount) bytes is outside the limits "
          + "(1 to \(iterationsMax) iterations, 1 to \(keyBytesMax) bytes)")
    }
    var key = [UInt8](repeating: 0, count: byteCount)
    let code = password.withUnsafeBytes { secret in
      PKCS5_PBKDF2_HMAC(
        secret.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(secret.count),
        salt, Int32(salt.count), Int32(iterations), function.implementation, Int32(byteCount), &key)
    }
    guard code == 1 else {
      throw CostError(description: "libcrypto refused PBKDF2 with \(iterations) iterations")
    }
    return key
  }

  /// Derives a key with scrypt; `cost` (N) is a power of two above one.
  package static func scrypt(
    password: [UInt8], salt: [UInt8], cost: Int, blockSize: Int, parallelism: Int, byteCount: Int
  ) throws(CostError) -> [UInt8] {
    guard cost > 1, cost.nonzeroBitCount == 1, blockSize > 0, parallelism > 0,
      (1...keyBytesMax).contains(byteCount)
    else {
      throw CostError(
        description: "scrypt needs a power of two above 1 as cost, and positive sizes; "
          + "got N=\(cost), r=\(blockSize), p=\(parallelism) for \(byteCount) bytes")
    }
    var key = [UInt8](repeating: 0, count: byteCount)
    let code = password.withUnsafeBytes { secret in
      EVP_PBE_scrypt(
        secret.baseAddress?.assumingMemoryBound(to: CChar.self), secret.count,
        salt, salt.count, UInt64(cost), UInt64(blockSize), UInt64(parallelism),
        UInt64(scryptBytesMax), &key, byteCount)
    }
    guard code == 1 else {
      throw CostError(
        description: "scrypt with N=\(cost), r=\(blockSize), p=\(parallelism) needs more than "
          + "the \(scryptBytesMax >> 20) MiB it may take")
    }
    return key
  }
}
