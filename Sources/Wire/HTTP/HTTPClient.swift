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

  private let settings: Settings
  private let loop = TransferLoop()

  package init(_ settings: Settings) {
    self.settings = settings
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

  private func transfer(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPReply {
    if let why = request.defect {
      throw HTTPFailure(.invalid(why), method: request.method, url: request.url, wasSent: false)
    }
    let cancellation = Cancellation()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.begin(Transfer(request, settings, cancellation, continuation))
      }
    } onCancel: {
      cancellation.request()
      loop.noteCancellation()
    }
    return try result.get()
  }
}
