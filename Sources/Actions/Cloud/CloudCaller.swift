import JSON
import Resources
import Rollouts

/// Makes the calls of one step and reads their answers.
struct CloudCaller: Sendable {
  let service: String
  let account: CloudAccount
  let timeLimit: Duration?
  let site: Site

  private static let timeLimitDefault: Duration = .seconds(60)
  private static let answerBytesMax = 4 << 20

  /// What a question brought: an answer, or an error of the service itself.
  enum Answer: Sendable {
    case answer(JSONValue)
    case error(code: String, Failure)
  }

  /// Makes a call that may change something.
  func send(
    _ request: CloudRequest, values: [String: JSONValue] = [:], isRepeatable: Bool
  ) async throws(CloudFailure) -> JSONValue {
    let call: CloudCall
    do throws(Failure) {
      call = try await request.call(
        service, account.place, values: values, isRepeatable: isRepeatable,
        timeLimit: timeLimit ?? Self.timeLimitDefault, in: site)
    } catch {
      throw .wire(error, wasSent: false)
    }
    let reply = try await site.outside.cloud.call(call, in: site.context)
    guard reply.body.count <= Self.answerBytesMax else {
      throw .wire(
        .permanent(
          "\(service) \(request.operation) was answered with \(reply.body.count) bytes; at most "
            + "\(Self.answerBytesMax) are read", hint: "Ask for less."), wasSent: true)
    }
    do throws(JSONError) {
      return try JSONValue(reading: reply.body)
    } catch {
      throw .wire(
        .permanent(
          "\(service) \(request.operation) was answered with what is not JSON: \(error)",
          hint: "Look at what stands between here and AWS."), wasSent: true)
    }
  }

  /// Makes a call that only looks.
  ///
  /// An error of the service is an answer too, but not one that may go away by itself, nor one
  /// that says that asking is forbidden; those are thrown.
  func ask(
    _ request: CloudRequest, values: [String: JSONValue] = [:]
  ) async throws(Failure) -> Answer {
    do throws(CloudFailure) {
      return .answer(try await send(request, values: values, isRepeatable: true))
    } catch {
      switch error {
      case .wire(let failure, _): throw redacted(failure)
      case .service(let code, let failure):
        if failure.kind == .permanent { return .error(code: code, redacted(failure)) }
        throw redacted(failure)
      }
    }
  }

  func redacted(_ failure: Failure) -> Failure {
    Failure(
      failure.kind, site.secrets.redact(failure.summary), hint: site.secrets.redact(failure.hint))
  }
}
