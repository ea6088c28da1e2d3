internal import Dispatch

/// A Dispatch source that is cancelled when it goes out of scope.
///
/// Unchecked because Dispatch sources are not marked Sendable, though Dispatch allows cancelling
/// them from any thread; nothing else is done with one after its creation.
final class EventSource: @unchecked Sendable {
  private let source: any DispatchSourceProtocol

  private init(_ source: any DispatchSourceProtocol, _ action: @escaping @Sendable () -> Void) {
    self.source = source
    source.setEventHandler(handler: action)
    source.resume()
  }

  deinit { source.cancel() }

  /// Calls `action` again and again.
  static func timer(
    every interval: DispatchTimeInterval, _ action: @escaping @Sendable () -> Void
  ) -> EventSource {
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + interval, repeating: interval)
    return EventSource(timer, action)
  }
}
