import JSON
import Resources
import Rollouts

/// Whether any API of AWS answers as it should; the call must only look.
struct CloudProbe: Probe {
  struct Own: Decodable, Sendable {
    var service: String
    var expect: [String: JSONValue]?
    /// Error codes that are right.
    var errors: [String]?
    var timeLimit: PlaybookDuration?
  }

  typealias Input = Beside<CloudAccount, Beside<CloudRequest, Own>>

  static let fields: [InputField] =
    [.required("service", .string, "The service, as the command-line tool of AWS names it.")]
    + CloudRequest.fields + CloudAccount.fields + [
      .optional("expect", .map(.any), "Conditions by path into the answer."),
      .optional("errors", .list(.string), "Error codes that are right."),
      .optional("timeLimit", .duration, "How long the answer may take to come.", default: "1m"),
    ]

  let title: String
  private let input: Input
  private let expected: [CloudCondition]
  private let caller: CloudCaller

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    self.input = input
    self.title = title ?? "\(input.service) \(input.request.operation)"
    expected = try CloudCondition.all(input.expect, of: site.step)
    caller = CloudCaller(
      service: input.service, account: input.account, timeLimit: input.timeLimit?.duration,
      site: site)
    guard input.request.isLooking else {
      throw .permanent(
        "step \(site.step): \(input.request.operation) may change something; a check only looks",
        hint: "Use a step of 'aws.call' for it.")
    }
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      switch try await caller.ask(input.request) {
      case .error(let code, let failure):
        return input.errors?.contains(code) == true
          ? .passed("answered \(code)") : .failed(failure.summary)
      case .answer(let answer):
        let wrong = expected.filter { !$0.holds(in: answer) }.map {
          $0.finding(in: answer, without: caller.site.secrets)
        }
        guard wrong.isEmpty else { return .failed(wrong.joined(separator: ", ")) }
        return input.errors?.isEmpty == false && expected.isEmpty
          ? .failed("it answered, but should not") : .passed("as expected")
      }
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }
}
