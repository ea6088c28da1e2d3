import Digests

/// Decompresses a gzip file as its bytes arrive; several members follow each other.
///
/// Source: RFC 1952. A file of no bytes holds nothing. Each member's sum and length are checked.
struct Gunzip {
  private enum State {
    case member
    case body
    case trailer
  }

  private struct Flags {
    static let headerSum = 2
    static let extra = 4
    static let name = 8
    static let comment = 16
    static let reserved = 0xe0
  }

  /// Longer headers are of no use to anybody.
  private static let headerBytesMax = 70 << 10

  private var state = State.member
  private var source = BitSource()
  private var inflater = Inflater()
  private var sum = CRC.ISO32()
  private var length: UInt32 = 0

  mutating func add(_ piece: [UInt8]) { source.add(piece) }

  /// The next bytes, about `limit` of them; nil when more input is needed.
  mutating func next(limit: Int) throws(GzipDamage) -> ArraySlice<UInt8>? {
    while true {
      let mark = source.mark
      do throws(GzipDamage) {
        switch state {
        case .member:
          guard !source.isEmpty else { return nil }
          try header()
          inflater = Inflater()
          sum = CRC.ISO32()
          length = 0
          state = .body
        case .body:
          let bytes = try inflater.next(from: &source, limit: limit)
          bytes.withUnsafeBytes { sum.update($0) }
          length &+= UInt32(truncatingIfNeeded: bytes.count)
          if inflater.isEnded { state = .trailer }
          if !bytes.isEmpty { return bytes }
          if !inflater.isEnded { return nil }
        case .trailer:
          source.alignToByte()
          let told = try source.take(32)
          let size = try source.take(32)
          guard told == Int(sum.value) else { throw .wrong("their sum is another") }
          guard size == Int(length) else { throw .wrong("their length is another") }
          state = .member
        }
      } catch .short {
        source.back(to: mark)
        return nil
      }
    }
  }

  /// Says that no more comes; throws if something is wanting.
  func finish() throws(GzipDamage) {
    guard case .member = state, source.isEmpty else { throw .short }
  }

  private mutating func header() throws(GzipDamage) {
    guard try source.take(16) == 0x8b1f else { throw .wrong("they are not gzip") }
    guard try source.take(8) == 8 else { throw .wrong("a method of no kind") }
    let flags = try source.take(8)
    guard flags & Flags.reserved == 0 else { throw .wrong("flags of no kind") }
    for _ in 0..<6 { _ = try source.take(8) }
    if flags & Flags.extra != 0 {
      let count = try source.take(16)
      for _ in 0..<count { _ = try source.take(8) }
    }
    for flag in [Flags.name, Flags.comment] where flags & flag != 0 {
      var count = 0
      while try source.take(8) != 0 {
        count += 1
        guard count < Self.headerBytesMax else { throw .wrong("a header without an end") }
      }
    }
    if flags & Flags.headerSum != 0 { _ = try source.take(16) }
  }
}
