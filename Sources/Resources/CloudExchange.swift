/// Calls one operation of a cloud's API, signed and repeated as that cloud asks.
///
/// What no resource protocol covers goes this way: functions, queues, alarms, parameters, and the
/// action `aws.call`. An answer with an error code throws ``CloudFailure/service``; a call that
/// brought no answer throws what the wire says.
package protocol CloudExchange: Sendable {
  func call(_ call: CloudCall, in context: ProviderContext) async throws(CloudFailure) -> CloudReply

  /// The rights that a call takes; nothing is sent.
  func permissions(for use: CloudUse) throws(Failure) -> [Permission]
}

/// Where a call goes and with whose credentials.
package struct CloudPlace: Sendable, Hashable, Codable {
  /// Nil for the standard region of the profile.
  package var region: String?
  /// Nil for the standard credentials.
  package var profile: String?
  /// A role to take on with those credentials; nil for none.
  package var role: String?

  package init(region: String? = nil, profile: String? = nil, role: String? = nil) {
    self.region = region
    self.profile = profile
    self.role = role
  }
}

package struct CloudCall: Sendable {
  /// The service as the command-line tool of AWS names it: `lambda`, `cognito-idp`.
  package var service: String
  /// The operation's name, such as `DescribeAlarms`; for REST services a word for messages.
  package var operation: String
  package var place: CloudPlace
  /// The input members as JSON text (JSON services) or to be flattened (query services).
  package var input: [UInt8]
  /// Method and path with query, for REST services; nil for the others.
  package var route: (method: String, path: String)?
  package var headers: [(name: String, value: String)]
  /// Whether sending it twice does no harm; if not, it is sent again only if it surely never left.
  package var isRepeatable: Bool
  package var timeLimit: Duration
  /// Where to send it instead of the service's own address, such as to a search domain: scheme,
  /// host and what all paths begin with, no slash at the end.
  package var endpoint: String?
  /// Whether an answer in XML is handed over as it came, to be written back changed.
  package var keepsXML = false

  package init(
    service: String, operation: String, place: CloudPlace = CloudPlace(), input: [UInt8] = [],
    route: (method: String, path: String)? = nil, headers: [(name: String, value: String)] = [],
    isRepeatable: Bool = true, timeLimit: Duration = .seconds(60)
  ) {
    self.service = service
    self.operation = operation
    self.place = place
    self.input = input
    self.route = route
    self.headers = headers
    self.isRepeatable = isRepeatable
    self.timeLimit = timeLimit
  }
}

package struct CloudReply: Sendable {
  package var status: Int
  package var headers: [(name: String, value: String)]
  /// JSON text; answers in XML are turned into it, repeated elements into arrays, unless the call
  /// keeps them.
  package var body: [UInt8]

  package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why a call failed: the service said so, or there was no answer.
package enum CloudFailure: Error, Sendable {
  /// The service's own error code, such as `ResourceNotFoundException`.
  case service(code: String, Failure)
  /// No answer; `wasSent` says whether the service may have acted.
  case wire(Failure, wasSent: Bool)

  package var failure: Failure {
    switch self {
    case .service(_, let failure): failure
    case .wire(let failure, _): failure
    }
  }
}

/// The cloud of a program that was built without one.
package struct NoCloud: CloudExchange {
  package init() {}

  package func call(
    _ call: CloudCall, in context: ProviderContext
  ) async throws(CloudFailure) -> CloudReply {
    throw .wire(
      .refused(
        "this program was built without AWS", hint: "Use a build that has it."), wasSent: false)
  }

  package func permissions(for use: CloudUse) throws(Failure) -> [Permission] { [] }
}
