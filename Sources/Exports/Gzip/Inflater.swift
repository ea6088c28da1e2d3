/// Decompresses one DEFLATE stream as its bytes arrive, with 32 KiB of memory of what it has given.
///
/// Source: RFC 1951. Nothing that it is given makes it trap or take more room than its bounds.
struct Inflater {
  private enum State {
    case header
    case stored(left: Int)
    case codes(literals: HuffmanTable, distances: HuffmanTable)
    case ended
  }

  private static let windowBytes = 32 << 10
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]
  private static let order = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private var state = State.header
  private var isLast = false
  /// What was given last, and then what was not handed out yet.
  private var output: [UInt8] = []
  private var given = 0

  var isEnded: Bool {
    if case .ended = state { true } else { false }
  }

  /// The next bytes, about `limit` of them; empty when more input is needed, or at the end.
  mutating func next(
    from source: inout BitSource, limit: Int
  ) throws(GzipDamage) -> ArraySlice<UInt8> {
    if output.count > Self.windowBytes {
      output.removeFirst(output.count - Self.windowBytes)
    }
    given = output.count
    var hasInput = true
    while hasInput, output.count - given < limit, !isEnded {
      hasInput = try step(&source, limit: limit)
    }
    return output[given...]
  }

  /// One header, stored bytes, or symbols up to the limit; false when input is wanting.
  private mutating func step(
    _ source: inout BitSource, limit: Int
  ) throws(GzipDamage) -> Bool {
    switch state {
    case .ended: return false
    case .header:
      let mark = source.mark
      do throws(GzipDamage) {
        let isLast = try source.take(1) == 1
        state = try block(&source)
        self.isLast = isLast
        return true
      } catch .short {
        source.back(to: mark)
        return false
      }
    case .stored(let left):
      let taken = source.takeBytes(
        atMost: min(left, limit - (output.count - given)), into: &output)
      if left == taken { endBlock() } else { state = .stored(left: left - taken) }
      return left == taken || taken > 0
    case .codes(let literals, let distances):
      while output.count - given < limit {
        source.load()
        let mark = source.mark
        do throws(GzipDamage) {
          guard try symbol(&source, literals, distances) else {
            endBlock()
            return true
          }
        } catch .short {
          source.back(to: mark)
          return false
        }
      }
      return true
    }
  }

  private mutating func endBlock() { state = isLast ? .ended : .header }

  private func block(_ source: inout BitSource) throws(GzipDamage) -> State {
    switch try source.take(2) {
    case 0:
      source.alignToByte()
      let length = try source.take(16)
      guard try source.take(16) == ~length & 0xffff else { throw .wrong("a length is no length") }
      return .stored(left: length)
    case 1:
      var lengths = [UInt8](repeating: 8, count: 288)
      for symbol in 144..<256 { lengths[symbol] = 9 }
      for symbol in 256..<280 { lengths[symbol] = 7 }
      return .codes(
        literals: try HuffmanTable(lengths: lengths[...]),
        distances: try HuffmanTable(lengths: [UInt8](repeating: 5, count: 32)[...]))
    case 2: return try dynamicBlock(&source)
    case _: throw .wrong("a block of no kind")
    }
  }

  private func dynamicBlock(_ source: inout BitSource) throws(GzipDamage) -> State {
    let literals = try source.take(5) + 257
    let distances = try source.take(5) + 1
    let codes = try source.take(4) + 4
    guard literals <= 286, distances <= 30 else { throw .wrong("too many symbols") }
    var codeLengths = [UInt8](repeating: 0, count: Self.order.count)
    for place in Self.order.prefix(codes) { codeLengths[place] = UInt8(try source.take(3)) }
    let table = try HuffmanTable(lengths: codeLengths[...])
    var lengths: [UInt8] = []
    while lengths.count < literals + distances {
      source.load()
      let symbol = try table.take(from: &source)
      switch symbol {
      case 0..<16: lengths.append(UInt8(symbol))
      case 16:
        guard let last = lengths.last else { throw .wrong("nothing to repeat") }
        lengths += repeatElement(last, count: try source.take(2) + 3)
      case 17: lengths += repeatElement(0, count: try source.take(3) + 3)
      case _: lengths += repeatElement(0, count: try source.take(7) + 11)
      }
    }
    guard lengths.count == literals + distances else { throw .wrong("too many lengths") }
    guard lengths[256] > 0 else { throw .wrong("a block without an end") }
    return .codes(
      literals: try HuffmanTable(lengths: lengths[..<literals]),
      distances: try HuffmanTable(lengths: lengths[literals...]))
  }

  /// One literal or one repetition, at most 48 bits; false at the end of the block.
  private mutating func symbol(
    _ source: inout BitSource, _ literals: HuffmanTable, _ distances: HuffmanTable
  ) throws(GzipDamage) -> Bool {
    let symbol = try literals.take(from: &source)
    if symbol < 256 {
      output.append(UInt8(symbol))
      return true
    }
    if symbol == 256 { return false }
    guard symbol - 257 < Self.lengthBases.count else { throw .wrong("a length of no kind") }
    let length = Self.lengthBases[symbol - 257] + (try source.take(Self.lengthBits[symbol - 257]))
    let code = try distances.take(from: &source)
    guard code < Self.distanceBases.count else { throw .wrong("a distance of no kind") }
    let distance = Self.distanceBases[code] + (try source.take(Self.distanceBits[code]))
    guard distance <= output.count else { throw .wrong("a distance before the beginning") }
    var from = output.count - distance
    for _ in 0..<length {
      output.append(output[from])
      from += 1
    }
    return true
  }
}
