import Dispatch

/// Sends DNS messages to servers and answers with their checked replies.
///
/// Each exchange blocks a thread of the client's own queue, never one of the cooperative pool, and
/// ends at once when the task is cancelled (apart from looking up a server's own name, which the
/// system does in its own time). Ids are unpredictable; replies count only from the address and
/// port asked, with the same id and question, and rightly signed if the request was.
package struct DNSClient: Sendable {
  private let limits: DNSLimits
  private let now: @Sendable () -> UInt64
  private let queue = DispatchQueue(label: "cutover.dns", attributes: .concurrent)

  /// `now` gives the seconds since 1970, for signatures.
  package init(limits: DNSLimits, now: @escaping @Sendable () -> UInt64) {
    self.limits = limits
    self.now = now
  }

  /// Sends one message and answers with the reply, whatever its code.
  ///
  /// A query is sent again when no reply comes; an update never is.
  package func exchange(
    _ message: DNSMessage, with server: DNSEndpoint, key: TSIGKey? = nil
  ) async throws(DNSFailure) -> DNSMessage {
    let bell: DNSBell
    do throws(DNSFailure.Reason) {
      bell = try DNSBell()
    } catch {
      throw DNSFailure(error, server: server, wasSent: false)
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async {
          var exchange = DNSExchange(
            message, with: server, key: key, limits: limits, bell: bell, now: now)
          continuation.resume(returning: exchange.run())
        }
      }
    } onCancel: {
      bell.ring()
    }
    return try result.get()
  }
}
