internal import CCrypto

/// Message authentication codes by RFC 2104.
package enum HMAC {
  package static func code(
    for message: [UInt8], key: [UInt8], _ function: HashFunction
  ) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: function.byteCount)
    // A nil key means "the former key" to libcrypto, so an empty one still needs an address.
    let keyed = key.isEmpty ? [0] : key
    let result = CCrypto.HMAC(
      function.implementation, keyed, Int32(key.count), message, message.count, &code, nil)
    precondition(result != nil, "libcrypto has no HMAC with \(function)")
    return code
  }
}

extension HMAC {
  private static let blockBytes = 64

  /// HMAC-SHA-256 with a digest context that is there already, for many small messages.
  ///
  /// `stream` must be one of SHA-256 with no message under way.
  package static func sha256(
    _ message: [UInt8], key: [UInt8], with stream: inout DigestStream
  ) -> [UInt8] {
    precondition(stream.function == .sha256, "HMAC-SHA-256 needs a stream of SHA-256")
    var block = key
    if block.count > blockBytes {
      stream.update(block)
      block = stream.digest()
    }
    block += [UInt8](repeating: 0, count: blockBytes - block.count)
    for place in block.indices { block[place] ^= 0x36 }
    stream.update(block)
    stream.update(message)
    let inner = stream.digest()
    for place in block.indices { block[place] ^= 0x36 ^ 0x5c }
    stream.update(block)
    stream.update(inner)
    return stream.digest()
  }
}
