/// Sends HTTP requests; every transfer runs on one thread that belongs to libcurl.
///
/// Connections are kept alive and shared by all callers. TLS is 1.2 or newer and certificates are
/// always checked: there is no switch against it.
///
/// When a kept connection turns out to be closed and not one byte of an answer came, libcurl sends
/// the request again on a new one. A request that must not be sent twice asks for
/// ``HTTPRequest/Connection/fresh``.
package final class HTTPClient: Sendable {
  package struct Settings: Sendable {
    package var userAgent: String
    package var proxies: HTTPProxies
    package var authorities: Authorities

    package init(userAgent: String, proxies: HTTPProxies, authorities: Authorities = .system) {
      self.userAgent = userAgent
      self.proxies = proxies
      self.authorities = authorities
    }
  }

  /// Whose signatures make a certificate trusted.
  package enum Authorities: Sendable, Equatable {
    case system
    /// Those in this PEM file, and no others.
    case file(String)
  }

  private let loop: TransferLoop

  package init(_ settings: Settings) {
    loop = TransferLoop(settings)
    loop.start()
  }

  deinit { loop.stop() }

  /// Sends one request and answers with the reply of the server, whatever its status.
  ///
  /// Nothing is retried here. Cancelling the task ends the transfer at once with
  /// ``HTTPFailure/Reason/cancelled``.
  package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPReply {
    var current = request
    var count = 0
    var before = Duration.zero
    while true {
      let reply = try await transfer(current)
      switch current.redirect(by: reply, after: count) {
      case .none: return reply.delayed(by: before)
      case .refuse(let reason):
        throw HTTPFailure(reason, method: current.method, url: current.url, wasSent: true)
      case .follow(let next):
        before += reply.timing.total
        count += 1
        current = next
      }
    }
  }

  /// Sends one request whose body, or whose reply's body, is too large to hold.
  ///
  /// Answers with the head of the reply once the body of the request is sent, or sooner when the
  /// head says that the server does not want it. Neither redirects are followed nor is anything
  /// retried. A body given in the request itself is sent when there is no source. HTTP/1.1 is
  /// spoken, so that a transfer that rests does not hold up others on the same connection.
  package func stream(
    _ request: HTTPRequest, body source: HTTPBodySource? = nil
  ) async throws(HTTPFailure) -> HTTPStreamedReply {
    try Self.check(request)
    let exchange = StreamedExchange(request, source, by: self, on: loop)
    let head = try await exchange.begin(source)
    return HTTPStreamedReply(head, exchange)
  }

  private func transfer(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPReply {
    try Self.check(request)
    let cancellation = Cancellation()
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        loop.begin(Transfer(request, .whole(continuation), cancellation))
      }
    } onCancel: {
      cancellation.request()
      loop.noteCancellation()
    }
    return try result.get()
  }

  private static func check(_ request: HTTPRequest) throws(HTTPFailure) {
    guard let why = request.defect else { return }
    throw HTTPFailure(.invalid(why), method: request.method, url: request.url, wasSent: false)
  }
}
