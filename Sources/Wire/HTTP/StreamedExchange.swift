/// One streamed request as its task sees it: feeds the body, waits for the head, takes the reply.
final class StreamedExchange: Sendable {
  private let request: HTTPRequest
  /// Kept so that the loop runs as long as the reply is used.
  private let client: HTTPClient
  private let loop: TransferLoop
  private let transfer: Transfer
  private let pipe: HTTPPipe

  init(
    _ request: HTTPRequest, _ source: HTTPBodySource?, by client: HTTPClient, on loop: TransferLoop
  ) {
    self.request = request
    self.client = client
    self.loop = loop
    pipe = HTTPPipe(hasSource: source != nil)
    transfer = Transfer(request, .stream(pipe, bodyBytes: source.map { $0.byteCount ?? -1 }))
  }

  /// Sends the request with its body and waits for the head of the reply.
  func begin(_ source: HTTPBodySource?) async throws(HTTPFailure) -> HTTPStreamedReply.Head {
    let result = await withTaskCancellationHandler {
      await self.run(source)
    } onCancel: {
      abandon()
    }
    return try result.get()
  }

  func next() async throws(HTTPFailure) -> [UInt8]? {
    let (bytes, failure, isPaused) = await withTaskCancellationHandler {
      await pipe.receive()
    } onCancel: {
      abandon()
    }
    if isPaused { loop.carryOn(transfer) }
    if let failure { throw failure }
    return bytes
  }

  /// Ends the transfer; after its own end this does nothing.
  func abandon() {
    if pipe.hasEnded { return }
    transfer.cancellation.request()
    loop.noteCancellation()
  }

  func failure(_ reason: HTTPFailure.Reason, cause: (any Error)? = nil) -> HTTPFailure {
    HTTPFailure(
      reason, method: request.method, url: request.url, wasSent: pipe.sentBytes > 0, cause: cause)
  }

  private func run(
    _ source: HTTPBodySource?
  ) async -> Result<HTTPStreamedReply.Head, HTTPFailure> {
    do throws(HTTPFailure) {
      var body = try await open(source)
      loop.begin(transfer)
      while true {
        switch await pipe.demand() {
        case .head(let head): return .success(head)
        case .failure(let failure): return .failure(failure)
        case .piece:
          let piece = try await body?.next()
          if pipe.put(piece) { loop.carryOn(transfer) }
        }
      }
    } catch {
      abandon()
      return .failure(error)
    }
  }

  private func open(_ source: HTTPBodySource?) async throws(HTTPFailure) -> Body? {
    guard let source else { return nil }
    do {
      return Body(source: try await source.open(), byteCount: source.byteCount, exchange: self)
    } catch {
      throw failure(.source("\(error)"), cause: error)
    }
  }

  /// The source under way, which must keep to its word about its length.
  private struct Body {
    let source: HTTPBodySource.Next
    let byteCount: Int?
    let exchange: StreamedExchange
    var givenBytes = 0

    mutating func next() async throws(HTTPFailure) -> [UInt8]? {
      let piece: [UInt8]?
      do {
        piece = try await source()
      } catch {
        if Task.isCancelled { throw exchange.failure(.cancelled, cause: error) }
        throw exchange.failure(.source("\(error)"), cause: error)
      }
      givenBytes += piece?.count ?? 0
      if let byteCount, givenBytes > byteCount || (piece == nil && givenBytes < byteCount) {
        let relation = givenBytes > byteCount ? "more than" : "only \(givenBytes) of"
        throw exchange.failure(.source("it gave \(relation) the \(byteCount) bytes it promised"))
      }
      return piece
    }
  }
}
