import Resources

extension CloudFailure {
  /// Codes by which a service turns a call away before it does anything, in whole or in part.
  ///
  /// Source: the common errors of each service's API reference, and the standard retry mode of the
  /// AWS SDKs.
  private static let turnedAway: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
    "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
    "BandwidthLimitExceeded", "LimitExceededException", "SlowDown", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "EC2ThrottledException", "429",
  ]

  /// Whether the call may have been carried out.
  ///
  /// An error that may pass, and is no refusal for want of capacity, is one inside of the service.
  var mayHaveActed: Bool {
    switch self {
    case .wire(_, let wasSent): wasSent
    case .service(let code, let failure):
      failure.isTransient && !Self.turnedAway.contains(code)
    }
  }
}
