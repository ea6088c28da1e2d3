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
