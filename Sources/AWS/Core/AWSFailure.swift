package import Resources
package import Wire

/// Why a call brought no good answer.
package struct AWSFailure: Error, Sendable {
  package enum Kind: Sendable {
    /// The service answered with an error.
    case service(code: String, message: String, status: Int)
    /// No answer, or one that cannot be believed.
    case transport(HTTPFailure)
    /// An answer that makes no sense; says why.
    case malformed(String)
    /// Nothing was sent: no credentials, no region, or asked to stop.
    case local(Failure)
  }

  package let kind: Kind
  /// Service and operation, such as `dynamodb:Scan`.
  package let operation: String
  package let requestID: String?
  /// What the service asked to wait.
  package let retryAfterMilliseconds: Int64?
  /// The service's own clock when it answered, in seconds since 1970.
  package let serviceTime: Int64?
  /// The region in which S3 says that the bucket is; nil where it does not say.
  package let bucketRegion: String?
  /// The answer to a condition that failed, which may hold what was met; empty for other failures.
  package var answer: [UInt8] = []

  package init(
    _ kind: Kind, operation: String, requestID: String? = nil,
    retryAfterMilliseconds: Int64? = nil, serviceTime: Int64? = nil, bucketRegion: String? = nil
  ) {
    self.kind = kind
    self.operation = operation
    self.requestID = requestID
    self.retryAfterMilliseconds = retryAfterMilliseconds
    self.serviceTime = serviceTime
    self.bucketRegion = bucketRegion
  }

  /// The service's error code; nil when no service answered.
  package var code: String? {
    if case .service(let code, _, _) = kind { code } else { nil }
  }

  /// Whether the service may have acted on the call.
  package var wasSent: Bool {
    switch kind {
    case .service(_, _, let status): status >= 500
    case .transport(let failure): failure.wasSent
    case .malformed: true
    case .local: false
    }
  }

  package static let throttlingCodes: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
    "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
    "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
    "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "EC2ThrottledException",
    "TransactionInProgressException", "ReplicatedWriteConflictException",
  ]
  static let transientCodes: Set<String> = [
    "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure",
    "InternalServerError", "ServiceUnavailable", "InternalErrorException",
  ]
  /// What SQS says with the status 403 although nothing is denied: it is asked too soon.
  private static let busyCodes: Set = [
    "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress",
  ]

  static let deniedCodes: Set<String> = [
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorizedException",
    "AuthorizationError", "AuthorizationErrorException", "Forbidden",
  ]
  static let expiredCodes: Set<String> = [
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired",
  ]
  static let clockCodes: Set<String> = [
    "RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException",
    "AuthFailure", "RequestInTheFuture",
  ]

  package var isThrottled: Bool { code.map(Self.throttlingCodes.contains) ?? false }

  /// Whether the same call may succeed a little later.
  package var isTransient: Bool {
    switch kind {
    case .service(let code, _, let status):
      Self.throttlingCodes.contains(code) || Self.transientCodes.contains(code)
        || status == 429 || status >= 500
    case .transport(let failure): failure.isTransient
    case .malformed: true
    case .local(let failure): failure.isTransient
    }
  }

  /// The failure in the words for a person; `resource` is what the call was about.
  package func failure(_ resource: some CustomStringConvertible) -> Failure {
    let id = requestID.map { " (request \($0))" } ?? ""
    switch kind {
    case .local(let failure): return failure
    case .malformed(let why):
      return .transient(
        "\(resource): \(operation) gave an answer that cannot be believed: \(why)\(id)",
        hint: "It is tried again; look at what stands between here and AWS.")
    case .transport(let failure):
      if failure.reason == .cancelled { return .cancelled }
      let summary = "\(resource): \(operation) brought no answer: \(failure)"
      return failure.isTransient
        ? .transient(summary, hint: "Look at the network, then carry on with 'cutover resume'.")
        : .permanent(summary, hint: "Correct the endpoint or its certificate.")
    case .service(let code, let message, let status):
      let summary = "\(resource): \(operation) failed with \(code) (\(status)): \(message)\(id)"
      if Self.expiredCodes.contains(code) {
        return .refused(
          summary, hint: "Renew the credentials, then carry on with 'cutover resume'.")
      }
      if Self.deniedCodes.contains(code) || status == 403 && !Self.busyCodes.contains(code) {
        return .refused(
          summary,
          hint: "Grant \(operation); 'cutover policy' prints all that a playbook needs.")
      }
      if isTransient {
        return Failure(
          .transient(retryAfterMilliseconds: retryAfterMilliseconds), summary,
          hint: "AWS may be short of capacity; carry on with 'cutover resume'.")
      }
      return .permanent(summary, hint: "Mend what the message names, then 'cutover retry'.")
    }
  }
}
