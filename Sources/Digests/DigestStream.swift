internal import CCrypto

/// A digest over data that arrives in pieces.
///
/// Owned by one task at a time. `digest()` ends one message and begins the next with the same
/// context, which spares libcrypto's look-up of the algorithm: use it for many small messages.
package struct DigestStream: ~Copyable {
  package let function: HashFunction
  private let context: OpaquePointer

  package init(_ function: HashFunction) {
    guard let created = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
    self.function = function
    context = created
    let code = EVP_DigestInit_ex(context, function.implementation, nil)
    precondition(code == 1, "libcrypto has no \(function)")
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    let code = EVP_DigestUpdate(context, start, bytes.count)
    precondition(code == 1, "libcrypto refused an update of \(function)")
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Ends this message, and begins an empty one.
  package mutating func digest() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: function.byteCount)
    bytes.withUnsafeMutableBytes { digest(into: $0) }
    return bytes
  }

  /// Writes the digest where the caller wants it, without an array; then begins an empty message.
  package mutating func digest(into target: UnsafeMutableRawBufferPointer) {
    precondition(target.count >= function.byteCount, "no room for a \(function) digest")
    let bytes = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let ended = EVP_DigestFinal_ex(context, bytes, nil)
    let begun = EVP_DigestInit_ex(context, nil, nil)
    precondition(ended == 1 && begun == 1, "libcrypto could not finish \(function)")
  }

  package consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: function.byteCount)
    let code = EVP_DigestFinal_ex(context, &digest, nil)
    precondition(code == 1, "libcrypto could not finish \(function)")
    return digest
  }
}

/// SHA-256 over data that arrives in pieces.
package struct StreamingSHA256: ~Copyable {
  private var stream = DigestStream(.sha256)

  package init() {}

  package mutating func update(_ bytes: [UInt8]) { stream.update(bytes) }
  package mutating func update(_ bytes: UnsafeRawBufferPointer) { stream.update(bytes) }
  package consuming func finish() -> [UInt8] { stream.digest() }
}
