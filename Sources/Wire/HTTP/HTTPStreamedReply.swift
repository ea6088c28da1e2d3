/// A reply whose body is taken piece by piece, as fast as the caller can use it.
///
/// While nobody takes pieces, a bounded number of bytes waits and the connection rests. One task at
/// a time takes them. A reply that is let go before its end ends the transfer.
package final class HTTPStreamedReply: Sendable {
  /// What comes before the body.
  package struct Head: Sendable {
    package let status: Int
    package let headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders) {
      self.status = status
      self.headers = headers
    }
  }

  package let head: Head
  private let exchange: StreamedExchange

  init(_ head: Head, _ exchange: StreamedExchange) {
    self.head = head
    self.exchange = exchange
  }

  deinit { exchange.abandon() }

  package var status: Int { head.status }
  package var headers: HTTPHeaders { head.headers }
  /// How long the body is, where the server says so.
  package var byteCount: Int? { headers.first("Content-Length").flatMap { Int($0) } }

  /// The next bytes of the body; nil after the last one, and never before it.
  ///
  /// A body that ends too soon throws ``HTTPFailure/Reason/dropped(bodyBytes:)``.
  package func next() async throws(HTTPFailure) -> [UInt8]? {
    try await exchange.next()
  }

  /// The whole rest of the body, which may not be longer than the limit.
  package func rest(bytesMax: Int) async throws(HTTPFailure) -> [UInt8] {
    var body: [UInt8] = []
    while let piece = try await next() {
      guard piece.count <= bytesMax - body.count else {
        exchange.abandon()
        throw exchange.failure(.bodyTooLarge(limitBytes: bytesMax))
      }
      body = body.isEmpty ? piece : body + piece
    }
    return body
  }
}
