/// Keeps the beginning and the end of a stream of any length in bounded memory.
struct BoundedCapture {
  private let headMax: Int
  private let tailMax: Int
  private var head: [UInt8] = []
  /// A ring once it is full; `start` is its oldest byte.
  private var ring: [UInt8] = []
  private var start = 0
  private var totalCount = 0

  init(bytesMax: Int) {
    headMax = bytesMax / 2
    tailMax = bytesMax - headMax
  }

  mutating func append(_ bytes: ArraySlice<UInt8>) {
    totalCount += bytes.count
    let room = headMax - head.count
    head += bytes.prefix(room)
    // Only the last part of a long piece can survive.
    for byte in bytes.dropFirst(room).suffix(tailMax) {
      if ring.count < tailMax {
        ring.append(byte)
      } else {
        ring[start] = byte
        start = start + 1 == tailMax ? 0 : start + 1
      }
    }
  }

  var capture: Capture {
    let tail = Array(ring[start...] + ring[..<start])
    let dropped = totalCount - head.count - tail.count
    guard dropped > 0 else { return Capture(head: head + tail) }
    return Capture(head: head, tail: tail, droppedCount: dropped)
  }
}
