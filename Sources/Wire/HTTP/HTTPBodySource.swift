import Synchronization

/// The body of a request that is too large to hold, read piece by piece while it is sent.
package struct HTTPBodySource: Sendable {
  /// The next piece, never asked for by two tasks at once; nil at the end.
  package typealias Next = @Sendable () async throws -> [UInt8]?

  /// How many bytes there are; nil if not known, and then the body is sent in chunks.
  ///
  /// A source that gives more or less than it said ends the request with an error.
  package let byteCount: Int?
  /// Begins at the first byte; called once for each time the request is sent.
  package let open: @Sendable () async throws -> Next

  package init(byteCount: Int?, open: @escaping @Sendable () async throws -> Next) {
    self.byteCount = byteCount
    self.open = open
  }

  /// A body that is held anyway, in pieces.
  package init(_ pieces: [[UInt8]]) {
    byteCount = pieces.reduce(0) { $0 + $1.count }
    open = {
      let rest = PieceList(pieces)
      return { rest.next() }
    }
  }
}

/// Hands out pieces one by one.
private final class PieceList: Sendable {
  private let rest: Mutex<ArraySlice<[UInt8]>>

  init(_ pieces: [[UInt8]]) { rest = Mutex(pieces[...]) }

  func next() -> [UInt8]? { rest.withLock { $0.popFirst() } }
}
