import JSON
import Wire

/// Reads an error answer, whatever protocol the service speaks.
struct AWSErrorReply {
  private let reply: Wire.HTTPReply

  init(_ reply: Wire.HTTPReply) { self.reply = reply }

  func failure(operation: String) -> AWSFailure {
    let (code, message) = content
    let seconds = reply.headers.first("Retry-After").flatMap(Int64.init)
    let id = reply.headers.first("x-amzn-RequestId") ?? reply.headers.first("x-amz-request-id")
    return AWSFailure(
      .service(code: code, message: message, status: reply.status), operation: operation,
      requestID: id, retryAfterMilliseconds: seconds.map { $0 * 1000 })
  }

  private var content: (code: String, message: String) {
    let first = reply.body.first { $0 > 0x20 }
    if first == UInt8(ascii: "{"), let value = try? JSONValue(reading: reply.body) {
      let code =
        reply.headers.first("x-amzn-ErrorType") ?? value["__type"]?.string
        ?? value["code"]?.string ?? value["Code"]?.string
      let message = value["message"]?.string ?? value["Message"]?.string
      return (Self.short(code ?? "\(reply.status)"), message ?? "")
    }
    if first == UInt8(ascii: "<"), let root = XMLNode(reading: reply.body) {
      let error = root.first("Error") ?? root.first("Errors")?.first("Error") ?? root
      return (error.text("Code") ?? "\(reply.status)", error.text("Message") ?? "")
    }
    if let code = reply.headers.first("x-amzn-ErrorType") { return (Self.short(code), "") }
    let byStatus = [
      301: "PermanentRedirect", 400: "BadRequest", 403: "AccessDenied", 404: "NotFound",
      412: "PreconditionFailed", 503: "ServiceUnavailable",
    ]
    return (byStatus[reply.status] ?? "\(reply.status)", "")
  }

  /// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://…` without what is around.
  private static func short(_ code: String) -> String {
    let name = code.split(separator: "#").last ?? ""
    return String(name.prefix { $0 != ":" })
  }
}
