import Harness
import Testing

@testable import Subprocesses

@Suite(.waiting) struct CaptureTests {
  @Test("any cutting of any stream keeps the same beginning and end", arguments: 0..<60)
  func capture(length: Int) {
    let stream = (0..<length).map { UInt8($0) }
    for bytesMax in [1, 2, 7, 16, 64] {
      for piece in [1, 3, 8, 100] {
        var capture = BoundedCapture(bytesMax: bytesMax)
        for start in Swift.stride(from: 0, to: length, by: piece) {
          capture.append(stream[start..<min(length, start + piece)])
        }
        let found = capture.capture
        #expect(found.head.count + found.tail.count + found.droppedCount == length)
        #expect(found.head + found.tail == (length <= bytesMax ? stream : found.head + found.tail))
        if length > bytesMax {
          #expect(found.head == Array(stream.prefix(bytesMax / 2)))
          #expect(found.tail == Array(stream.suffix(bytesMax - bytesMax / 2)))
        }
      }
    }
  }

  @Test("a line without end comes in pieces of bounded size")
  func endlessLine() {
    var splitter = LineSplitter()
    var lines: [[UInt8]] = []
    for _ in 0..<3 {
      splitter.append([UInt8](repeating: 65, count: 50_000)[...]) { lines.append($0) }
    }
    splitter.append([10, 66][...]) { lines.append($0) }
    splitter.finish { lines.append($0) }
    let most = LineSplitter.lineBytesMax
    #expect(lines.map(\.count) == [most, most, 150_000 - 2 * most, 1])
  }
}
