package import Resources
internal import Synchronization

/// Yields given pieces as an object's content, then ends or fails.
package final class BytesReader: ObjectReader {
  private let pieces: Mutex<[[UInt8]]>
  private let failure: Failure?

  package init(_ pieces: [[UInt8]], failure: Failure? = nil) {
    self.pieces = Mutex(pieces)
    self.failure = failure
  }

  package func next() async throws(Failure) -> [UInt8]? {
    let piece = pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    if piece == nil, let failure { throw failure }
    return piece
  }
}
