import JSON
import Resources
import Wire

/// Reads an error answer, whatever protocol the service speaks.
struct AWSErrorReply {
  /// Nobody is waited for longer, whatever he asks.
  private static let waitMax: Duration = .seconds(300)

  private let status: Int
  private let headers: HTTPHeaders
  private let body: [UInt8]

  init(_ reply: Wire.HTTPReply) {
    self.init(status: reply.status, headers: reply.headers, body: reply.body)
  }

  init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  func failure(operation: String, at now: Timestamp) -> AWSFailure {
    let (code, message) = content
    let wait = RetryAfter.wait(
      headers.first("Retry-After"), date: headers.first("Date"), now: now, most: Self.waitMax)
    let id = headers.first("x-amzn-RequestId") ?? headers.first("x-amz-request-id")
    var failure = AWSFailure(
      .service(code: code, message: message, status: status), operation: operation,
      requestID: id, retryAfterMilliseconds: wait?.wholeMilliseconds,
      serviceTime: headers.first("Date").flatMap(HTTPDate.seconds),
      bucketRegion: headers.first("x-amz-bucket-region"))
    if code == "ConditionalCheckFailedException" { failure.answer = body }
    return failure
  }

  private var content: (code: String, message: String) {
    let first = body.first { $0 > 0x20 }
    if first == UInt8(ascii: "{"), let value = try? JSONValue(reading: body) {
      // OpenSearch tells its errors in an object.
      let inner = value["error"]
      let code =
        headers.first("x-amzn-ErrorType") ?? value["__type"]?.string
        ?? value["code"]?.string ?? value["Code"]?.string ?? inner?["type"]?.string
      let message =
        value["message"]?.string ?? value["Message"]?.string ?? inner?["reason"]?.string
        ?? inner?.string
      return (Self.short(code ?? "\(status)"), message ?? "")
    }
    if first == UInt8(ascii: "<"), let root = XMLNode(reading: body) {
      // Route 53 may answer to a batch with an element of the error's own name.
      if let messages = root.first("Messages")?.all("Message"), root.text("Code") == nil {
        return (root.name, messages.map(\.text).joined(separator: "; "))
      }
      let error = root.first("Error") ?? root.first("Errors")?.first("Error") ?? root
      return (error.text("Code") ?? "\(status)", error.text("Message") ?? "")
    }
    if let code = headers.first("x-amzn-ErrorType") { return (Self.short(code), "") }
    let byStatus = [
      301: "PermanentRedirect", 400: "BadRequest", 403: "AccessDenied", 404: "NotFound",
      412: "PreconditionFailed", 503: "ServiceUnavailable",
    ]
    return (byStatus[status] ?? "\(status)", "")
  }

  /// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://…` without what is around.
  private static func short(_ code: String) -> String {
    let name = code.split(separator: "#").last ?? ""
    return String(name.prefix { $0 != ":" })
  }
}
