/// The digest of a multiset of items, whatever order they come in.
///
/// It is the sum of the items' SHA-256 digests modulo 2^256, with their number. Equal multisets
/// have equal sums; a lost, added, repeated or changed item changes it (except with a chance of
/// about 2^-256: it finds accidents, and is no proof against someone who forges items). Sums of
/// parts add up to the sum of the whole, so parallel segments may each keep their own.
package struct DigestSum: Sendable, Hashable {
  package private(set) var count: UInt64
  private var low: UInt64
  private var lowMiddle: UInt64
  private var highMiddle: UInt64
  private var high: UInt64

  /// The sum of no items.
  package init() {
    count = 0
    low = 0
    lowMiddle = 0
    highMiddle = 0
    high = 0
  }

  /// Adds one item with a hasher of the caller's, whose context is used again.
  package mutating func add(_ item: UnsafeRawBufferPointer, using stream: inout DigestStream) {
    precondition(stream.function == .sha256, "ledgers count SHA-256 digests")
    stream.update(item)
    addMessage(of: &stream)
  }

  package mutating func add(_ item: [UInt8], using stream: inout DigestStream) {
    item.withUnsafeBytes { add($0, using: &stream) }
  }

  /// Adds the item whose bytes the stream has taken so far, and leaves the stream empty.
  package mutating func addMessage(of stream: inout DigestStream) {
    precondition(stream.function == .sha256, "ledgers count SHA-256 digests")
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
      stream.digest(into: digest)
      add(digest: UnsafeRawBufferPointer(digest))
    }
  }

  package mutating func add(_ item: [UInt8]) { add(digest: Digest.sha256(item)) }

  /// Adds an item by its SHA-256 digest.
  package mutating func add(digest: [UInt8]) {
    precondition(digest.count == 32, "a SHA-256 digest has 32 bytes")
    digest.withUnsafeBytes { add(digest: $0) }
  }

  /// Takes an item out again, for instance the former version of one that was overwritten.
  package mutating func remove(digest: [UInt8]) {
    precondition(digest.count == 32, "a SHA-256 digest has 32 bytes")
    var other = DigestSum()
    other.add(digest: digest)
    self -= other
  }

  package static func += (left: inout Self, right: Self) {
    var carry = false
    left.low = left.low.adding(right.low, &carry)
    left.lowMiddle = left.lowMiddle.adding(right.lowMiddle, &carry)
    left.highMiddle = left.highMiddle.adding(right.highMiddle, &carry)
    left.high = left.high.adding(right.high, &carry)
    left.count &+= right.count
  }

  package static func -= (left: inout Self, right: Self) {
    var borrow = false
    left.low = left.low.subtracting(right.low, &borrow)
    left.lowMiddle = left.lowMiddle.subtracting(right.lowMiddle, &borrow)
    left.highMiddle = left.highMiddle.subtracting(right.highMiddle, &borrow)
    left.high = left.high.subtracting(right.high, &borrow)
    left.count &-= right.count
  }

  private mutating func add(digest: UnsafeRawBufferPointer) {
    var other = DigestSum()
    other.high = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    other.highMiddle = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    other.lowMiddle = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    other.low = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    other.count = 1
    self += other
  }
}

extension DigestSum: LosslessStringConvertible, Codable {
  /// The number of items, a colon, and 64 hexadecimal digits: `3:04ab…`.
  package var description: String {
    var bytes: [UInt8] = []
    for word in [high, highMiddle, lowMiddle, low] {
      withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
    return "\(count):\(Hex.text(bytes))"
  }

  package init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let bytes = Hex.decode(parts[1]), bytes.count == 32,
      let number = UInt64(String(decoding: parts[0], as: UTF8.self))
    else { return nil }
    self.init()
    bytes.withUnsafeBytes { add(digest: $0) }
    count = number
    // "+3" and upper case name a sum too, but a sum has one text only.
    guard description.utf8.elementsEqual(text.utf8) else { return nil }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let sum = Self(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is no digest sum (count:64 hex digits)")
    }
    self = sum
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension UInt64 {
  func adding(_ other: UInt64, _ carry: inout Bool) -> UInt64 {
    let (sum, first) = addingReportingOverflow(other)
    let (total, second) = sum.addingReportingOverflow(carry ? 1 : 0)
    carry = first || second
    return total
  }

  func subtracting(_ other: UInt64, _ borrow: inout Bool) -> UInt64 {
    let (difference, first) = subtractingReportingOverflow(other)
    let (rest, second) = difference.subtractingReportingOverflow(borrow ? 1 : 0)
    borrow = first || second
    return rest
  }
}
