/// The codes of one alphabet of a DEFLATE block, looked up by the bits that come next.
///
/// Source: RFC 1951, section 3.2.2. Sets of lengths that no complete code has are refused, but for
/// the single code of one bit that section 3.2.7 allows.
struct HuffmanTable {
  static let lengthMax = 15

  /// The longest code of this alphabet.
  private let width: Int
  /// For each run of `width` bits, the symbol times 16 and the length of its code; 0 for none.
  private let entries: [UInt16]

  init(lengths: ArraySlice<UInt8>) throws(GzipDamage) {
    var counts = [Int](repeating: 0, count: Self.lengthMax + 1)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    let width = counts.lastIndex { $0 > 0 } ?? 0
    var left = 1
    for length in 1...Self.lengthMax {
      left = left << 1 - counts[length]
      guard left >= 0 else { throw .wrong("more codes than there can be") }
    }
    guard left == 0 || width <= 1 else { throw .wrong("codes are missing") }
    var next = [Int](repeating: 0, count: Self.lengthMax + 2)
    for length in 1...Self.lengthMax { next[length + 1] = (next[length] + counts[length]) << 1 }
    var entries = [UInt16](repeating: 0, count: 1 << width)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      let code = next[length]
      next[length] += 1
      var reversed = 0
      for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
      for place in stride(from: reversed, to: entries.count, by: 1 << length) {
        entries[place] = UInt16(symbol << 4 | length)
      }
    }
    self.width = width
    self.entries = entries
  }

  /// Takes the next symbol; `source` must have been loaded.
  func take(from source: inout BitSource) throws(GzipDamage) -> Int {
    let entry = entries[Int(source.bits & (1 << UInt64(width) - 1))]
    let length = Int(entry & 15)
    guard length > 0 else {
      throw source.count < width ? .short : .wrong("a code that stands for nothing")
    }
    guard length <= source.count else { throw .short }
    source.drop(length)
    return Int(entry >> 4)
  }
}
