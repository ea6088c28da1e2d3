package import Resources

/// One entry of `notify`: where is told what.
package struct NotifyChannel: Sendable, Hashable {
  package enum Target: Sendable, Hashable {
    case topic(arn: String, CloudPlace)
    /// With references to secrets in place; they are revealed when it is called.
    case webhook(url: String, secret: String)
  }

  package let target: Target
  package let events: Set<NotifyEvent>

  package init(_ target: Target, on events: Set<NotifyEvent>) {
    self.target = target
    self.events = events
  }

  /// How messages call it; holds no secret.
  package var name: String {
    switch target {
    case .topic(let arn, _): arn
    case .webhook(let url, _): url
    }
  }
}
