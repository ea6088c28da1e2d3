import Glibc

/// A pipe that is written to when the task is cancelled, which may be before or after the run.
final class Bell: Sendable {
  private let pipe: Pipe

  init() throws(SubprocessFailure) {
    pipe = try Pipe()
    pipe.writing.makeNonblocking()
    pipe.reading.makeNonblocking()
  }

  /// What to poll for reading.
  var number: Int32 { pipe.reading.number }

  func ring() {
    var byte: UInt8 = 1
    _ = write(pipe.writing.number, &byte, 1)
  }

  /// Hears everything that rang so far.
  func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(pipe.reading.number, &bytes, bytes.count) == bytes.count {}
  }
}
