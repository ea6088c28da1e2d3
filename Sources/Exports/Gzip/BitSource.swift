/// Bytes that arrive in pieces, taken bit by bit from the lowest one, as DEFLATE has them.
///
/// What could not be finished for want of bytes is gone back to by a mark, and tried again when
/// more have come. A mark is good until the next `add`.
struct BitSource {
  struct Mark {
    var place: Int
    var bits: UInt64
    var count: Int
  }

  private var bytes: [UInt8] = []
  private var place = 0
  /// Bits that were loaded and not taken, the next one lowest; above `count` they are zero.
  private(set) var bits: UInt64 = 0
  private(set) var count = 0

  var mark: Mark { Mark(place: place, bits: bits, count: count) }

  var isEmpty: Bool { count == 0 && place == bytes.count }

  mutating func add(_ piece: [UInt8]) {
    bytes.removeFirst(place)
    place = 0
    bytes += piece
  }

  mutating func back(to mark: Mark) {
    place = mark.place
    bits = mark.bits
    count = mark.count
  }

  /// Loads what there is room for: at least 57 bits, unless there are no more.
  mutating func load() {
    while count <= 56, place < bytes.count {
      bits |= UInt64(bytes[place]) << UInt64(count)
      place += 1
      count += 8
    }
  }

  /// Takes up to 32 bits.
  mutating func take(_ number: Int) throws(GzipDamage) -> Int {
    if count < number { load() }
    guard count >= number else { throw .short }
    let value = bits & (1 << UInt64(number) - 1)
    drop(number)
    return Int(value)
  }

  /// Leaves out bits that are known to be there.
  mutating func drop(_ number: Int) {
    bits >>= UInt64(number)
    count -= number
  }

  mutating func alignToByte() { drop(count & 7) }

  /// Takes whole bytes, as many as there are up to a limit; only at the edge of a byte.
  mutating func takeBytes(atMost limit: Int, into output: inout [UInt8]) -> Int {
    var taken = 0
    while taken < limit, count >= 8 {
      output.append(UInt8(truncatingIfNeeded: bits))
      drop(8)
      taken += 1
    }
    let more = min(limit - taken, bytes.count - place)
    if more > 0 {
      output += bytes[place..<place + more]
      place += more
    }
    return taken + more
  }
}
