import Digests
import JSON
import Resources

/// What an invocation brought, and whether that is good.
///
/// Source: the Invoke operation in the API reference of Lambda, and "Lambda function errors" in its
/// developer guide.
struct LambdaReply: Sendable {
  let answer: JSONValue
  private let functionError: String?
  private let log: String?

  private static let shownMax = 300

  init(_ reply: CloudReply) {
    func header(_ name: String) -> String? {
      reply.headers.first { $0.name.lowercased() == name }?.value
    }
    answer = (try? JSONValue(reading: reply.body)) ?? .null
    functionError = header("x-amz-function-error")
    log = header("x-amz-log-result")
  }

  /// Why the answer is not a good one; nil when it is.
  func failure(
    _ title: String, _ step: String, statuses: [Int]?, without secrets: Secrets
  ) -> Failure? {
    let hint = "Mend the cause, then 'cutover retry \(step)'; or 'cutover rollback'."
    if let functionError {
      let type = answer["errorType"]?.string ?? functionError
      let message = secrets.excerpt(
        answer["errorMessage"]?.string ?? answer.text, atMost: Self.shownMax)
      if type.contains("Timedout") || message.contains("Task timed out after") {
        return .permanent(
          "\(title) ran into its own time limit: \(message)",
          hint: "It may have done a part of its work. \(hint)")
      }
      return .permanent("\(title) failed with \(type): \(message)", hint: hint)
    }
    guard let status = answer["statusCode"].flatMap({ Int(CommandOutputs.text($0)) }) else {
      guard let statuses else { return nil }
      let wanted = statuses.map { "\($0)" }.joined(separator: " or ")
      return .permanent(
        "\(title) answered without a statusCode, and it must be \(wanted): "
          + secrets.excerpt(answer.text, atMost: Self.shownMax), hint: hint)
    }
    guard statuses.map({ !$0.contains(status) }) ?? (status >= 400) else { return nil }
    let body = answer["body"].map {
      secrets.excerpt(CommandOutputs.text($0), atMost: Self.shownMax)
    }
    return .permanent("\(title) answered with status \(status): \(body ?? "")", hint: hint)
  }

  /// The end of the function's log, as far as it was asked for and can be read.
  func logTail(bytesMax: Int, without secrets: Secrets) -> String? {
    guard let log, let bytes = Base64.decode(log), !bytes.isEmpty else { return nil }
    let text = secrets.redact(String(decoding: bytes, as: UTF8.self))
    return "log: " + String(decoding: text.utf8.suffix(bytesMax), as: UTF8.self)
  }
}
