internal import CCrypto

/// Comparison that tells nothing by its duration.
package enum ConstantTime {
  /// Whether two codes are the same, in a time that depends on their length only.
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
