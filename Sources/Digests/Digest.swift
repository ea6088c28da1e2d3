internal import CCrypto

/// SHA-256 and HMAC-SHA-256 from libcrypto.
package enum Digest {
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let code = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(code == 1, "libcrypto has no SHA-256")
    return digest
  }

  package static func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let bytes = Array(text.utf8)
    let result = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &digest, nil)
    precondition(result != nil, "libcrypto has no HMAC-SHA-256")
    return digest
  }

  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// SHA-256 over data that arrives in pieces.
package struct StreamingSHA256: ~Copyable {
  private let context: OpaquePointer
  package init() {
    context = EVP_MD_CTX_new()
    precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1)
  }
  deinit { EVP_MD_CTX_free(context) }
  package mutating func update(_ bytes: [UInt8]) {
    _ = EVP_DigestUpdate(context, bytes, bytes.count)
  }
  package consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return digest
  }
}
