/// A number of seconds as zone files write it: `3600` or `1h30m`.
package enum DNSSeconds {
  /// The largest TTL that RFC 2181 allows.
  package static let ttlMax = UInt32(Int32.max)

  /// Answers nil for anything that is not such a number or does not fit in 32 bits.
  package static func parse(_ text: some Collection<UInt8>) -> UInt32? {
    var total: UInt64 = 0
    var number: UInt64?
    var hasUnit = false
    for byte in text {
      if (0x30...0x39).contains(byte) {
        number = (number ?? 0) * 10 + UInt64(byte - 0x30)
      } else {
        guard let amount = number, let unit = unit(byte) else { return nil }
        total += amount * unit
        number = nil
        hasUnit = true
      }
      guard number ?? 0 <= UInt64(UInt32.max), total <= UInt64(UInt32.max) else { return nil }
    }
    // "1h30" is not a time: which unit would 30 have?
    if hasUnit && number != nil { return nil }
    guard hasUnit || number != nil else { return nil }
    return UInt32(exactly: total + (number ?? 0))
  }

  private static func unit(_ byte: UInt8) -> UInt64? {
    switch byte | 0x20 {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "m"): 60
    case UInt8(ascii: "h"): 3_600
    case UInt8(ascii: "d"): 86_400
    case UInt8(ascii: "w"): 604_800
    default: nil
    }
  }
}
