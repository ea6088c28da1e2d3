/// How long a server asks to wait: seconds or a date (RFC 9110, section 10.2.3).
package enum RetryAfter {
  /// Reads the header `Retry-After`; nil for what is neither a number nor a date, or not there.
  ///
  /// A date counts from the answer's own `Date` where that is told, so that a wrong clock here does
  /// no harm; one that has passed asks for no wait. Nobody is waited for longer than `most`.
  package static func wait(
    _ text: String?, date: String?, now: Timestamp, most: Duration
  ) -> Duration? {
    guard let text else { return nil }
    var seconds = Int64(text)
    if seconds == nil, let moment = HTTPDate.seconds(text) {
      seconds = moment - (date.flatMap(HTTPDate.seconds) ?? now.milliseconds / 1000)
    }
    guard let seconds else { return nil }
    return .seconds(min(max(0, seconds), most.wholeMilliseconds / 1000))
  }
}

extension HTTPReply {
  /// How long the server asks to wait, but at most so long.
  package func retryAfter(at now: Timestamp, most: Duration) -> Duration? {
    RetryAfter.wait(header("retry-after"), date: header("date"), now: now, most: most)
  }
}
