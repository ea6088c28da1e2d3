import Glibc

/// One output stream of a process: its pipe while it is open, and what came out of it.
struct Intake {
  private static let pieceBytes = 64 << 10

  private let stream: OutputStream
  private let line: Subprocess.LineHandler?
  private var pipe: Descriptor?
  private var lines: LineSplitter
  private var buffer = [UInt8](repeating: 0, count: pieceBytes)
  private(set) var capture: BoundedCapture
  private(set) var isAbandoned = false

  init(
    _ stream: OutputStream, _ pipe: Descriptor, bytesMax: Int, lineBytesMax: Int,
    line: Subprocess.LineHandler?
  ) {
    pipe.makeNonblocking()
    self.stream = stream
    self.line = line
    self.pipe = pipe
    lines = LineSplitter(bytesMax: lineBytesMax)
    capture = BoundedCapture(bytesMax: bytesMax)
  }

  var isOpen: Bool { number >= 0 }

  /// For poll(2), which passes over negative numbers.
  var number: Int32 { pipe?.number ?? -1 }

  /// Reads one piece.
  mutating func take() {
    let count = read(number, &buffer, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { pipe = nil }
      return
    }
    capture.append(buffer[..<count])
    if let line { lines.append(buffer[..<count]) { line(stream, $0) } }
  }

  /// Closes the pipe although others may still write to it.
  mutating func abandon() {
    if isOpen { isAbandoned = true }
    pipe = nil
  }

  mutating func finish() {
    if let line { lines.finish { line(stream, $0) } }
  }
}
