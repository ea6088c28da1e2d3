import Resources

/// Finds keys that cut a bucket into parts, by asking for the first key after a made-up one.
///
/// Made-up keys hold only bytes of ASCII, since a store may refuse what is not UTF-8; keys beyond
/// them all fall into the last part.
struct S3RangeProbe: Sendable {
  private static let lowest: UInt8 = 0x20
  private static let highest: UInt8 = 0x7e
  private static let depthMax = 24
  /// Halving is given up after so many questions for each part.
  private static let questionsPerPart = 4

  private let prefix: [UInt8]
  /// The first key after one; nil when there is none.
  private let next: @Sendable (ObjectKey?) async throws(Failure) -> ObjectKey?

  init(
    prefix: [UInt8],
    next: @escaping @Sendable (ObjectKey?) async throws(Failure) -> ObjectKey?
  ) {
    self.prefix = prefix
    self.next = next
  }

  func cuts(into parts: Int) async throws(Failure) -> [ObjectKey] {
    let start = prefix.isEmpty ? nil : ObjectKey(bytes: prefix)
    guard let first = try await next(start), first.bytes.starts(with: prefix) else { return [] }
    let last = try await lastKey(from: first.bytes)
    var ranges = [(low: first.bytes, high: last)]
    var cuts: [[UInt8]] = []
    var questions = parts * Self.questionsPerPart
    while cuts.count < parts - 1, !ranges.isEmpty, questions > 0 {
      let range = ranges.removeFirst()
      guard let middle = Self.middle(range.low, range.high) else { continue }
      questions -= 1
      guard let found = try await next(ObjectKey(bytes: middle)) else { continue }
      if found.bytes.lexicographicallyPrecedes(range.high) {
        cuts.append(middle)
        ranges.append((range.low, middle))
        ranges.append((found.bytes, range.high))
      } else if range.low != middle {
        ranges.append((range.low, middle))
      }
    }
    return cuts.map { ObjectKey(bytes: $0) }.sorted()
  }

  /// A key about as great as the greatest below the prefix, found byte by byte.
  private func lastKey(from first: [UInt8]) async throws(Failure) -> [UInt8] {
    var known = first
    var place = prefix.count
    while place < min(known.count, prefix.count + Self.depthMax) {
      var low = known[place]
      var high = Self.highest
      while low < high {
        let middle = low + (high - low + 1) / 2
        // Everything from this byte on comes after the greatest that the byte before begins.
        let asked = Array(known[..<place]) + [middle - 1, Self.highest, Self.highest, Self.highest]
        guard let key = try await next(ObjectKey(bytes: asked)), key.bytes.starts(with: prefix),
          key.bytes[..<place] == known[..<place], key.bytes.count > place
        else {
          high = middle - 1
          continue
        }
        known = key.bytes
        low = max(middle, key.bytes[place])
      }
      place += 1
      if try await next(ObjectKey(bytes: known))?.bytes.starts(with: prefix) != true { break }
    }
    return known
  }

  /// A key half way between two, if bytes are taken for digits; nil when there is no room.
  static func middle(_ low: [UInt8], _ high: [UInt8]) -> [UInt8]? {
    var common = 0
    while common < min(low.count, high.count), low[common] == high[common] { common += 1 }
    guard common < high.count, low[..<common].allSatisfy({ $0 < 0x80 }) else { return nil }
    let digits = 4
    func number(_ bytes: [UInt8]) -> Int {
      (0..<digits).reduce(0) { value, index in
        let place = common + index
        let byte = place < bytes.count ? min(max(bytes[place], lowest), highest) : lowest
        return value * base + Int(byte - lowest)
      }
    }
    let (from, to) = (number(low), number(high))
    guard to - from > 1 else { return nil }
    var rest = (from + to) / 2
    var tail: [UInt8] = []
    for _ in 0..<digits {
      tail.insert(UInt8(rest % base) + lowest, at: 0)
      rest /= base
    }
    let middle = Array(low[..<common]) + tail
    return low.lexicographicallyPrecedes(middle) && middle.lexicographicallyPrecedes(high)
      ? middle : nil
  }

  private static var base: Int { Int(highest - lowest) + 1 }
}
