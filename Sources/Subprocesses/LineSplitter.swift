/// Cuts a stream into lines, each without its line feed.
package struct LineSplitter {
  /// A longer line comes in pieces, by default of this size, so that no output can grow our memory.
  package static let lineBytesMax = 64 << 10

  let bytesMax: Int
  private var unfinished: [UInt8] = []

  init(bytesMax: Int = lineBytesMax) { self.bytesMax = bytesMax }

  mutating func append(_ bytes: ArraySlice<UInt8>, _ take: ([UInt8]) -> Void) {
    var rest = bytes
    while let feed = rest.firstIndex(of: 10) {
      add(rest[..<feed], take)
      take(unfinished)
      unfinished.removeAll(keepingCapacity: true)
      rest = rest[(feed + 1)...]
    }
    add(rest, take)
  }

  /// Gives out what follows the last line feed, if anything does.
  mutating func finish(_ take: ([UInt8]) -> Void) {
    if !unfinished.isEmpty { take(unfinished) }
    unfinished = []
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>, _ take: ([UInt8]) -> Void) {
    var rest = bytes
    while unfinished.count + rest.count > bytesMax {
      let room = bytesMax - unfinished.count
      take(unfinished + rest.prefix(room))
      unfinished.removeAll(keepingCapacity: true)
      rest = rest.dropFirst(room)
    }
    unfinished += rest
  }
}
