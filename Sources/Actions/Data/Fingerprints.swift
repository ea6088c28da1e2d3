import Digests

/// Which items were seen, eight bytes each, whatever their size.
///
/// Two different items share a fingerprint once in about 2^64 pairs. Beyond `countMax` it stops
/// remembering and answers "not seen", which here only means that too much is archived.
struct Fingerprints {
  /// 80 MB of them.
  static let countMax = 10_000_000

  private var sorted: [UInt64] = []
  private(set) var isOverflown = false

  mutating func insert(_ bytes: [UInt8]) {
    guard sorted.count < Self.countMax else {
      isOverflown = true
      return
    }
    sorted.append(Self.fingerprint(bytes))
  }

  /// Must follow the last `insert`, before the first `contains`.
  mutating func seal() { sorted.sort() }

  func contains(_ bytes: [UInt8]) -> Bool {
    let wanted = Self.fingerprint(bytes)
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == wanted
  }

  /// The first eight bytes of the digest.
  static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
    Digest.sha256(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
