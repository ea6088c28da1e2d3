import JSON
import Resources

/// The calls to one user pool, each in its turn.
struct CognitoCalls: Sendable {
  let client: AWSClient
  let pool: String
  let pacer: CognitoPacer

  private var clock: any WallClock { client.session.clock }

  /// Calls an operation on the pool; `input` is what goes beside the pool's id.
  func call(
    _ operation: CognitoOperation, _ input: JSONValue = [:], isRepeatable: Bool = true
  ) async throws(AWSFailure) -> JSONValue {
    let category = operation.category
    let turn = pacer.turn(of: category, at: clock.now())
    if turn > clock.now() {
      do throws(CancellationError) {
        try await clock.sleep(until: turn)
      } catch {
        throw AWSFailure(.local(.cancelled), operation: client.name(operation.rawValue))
      }
    }
    var input = input
    input["UserPoolId"] = .string(pool)
    var client = client
    client.onThrottle = { [pacer, clock] _ in
      pacer.noteThrottling(of: category, at: clock.now())
    }
    let answer = try await client.json(operation.rawValue, input, isRepeatable: isRepeatable)
    pacer.noteSuccess(of: category)
    return answer
  }

  /// A list of an answer; one that is not there is no empty list.
  static func list(
    _ name: String, in answer: JSONValue, of operation: CognitoOperation
  ) throws(AWSFailure) -> [JSONValue] {
    guard let elements = answer[name]?.elements else {
      throw Self.missing(name, operation)
    }
    return elements
  }

  /// A member of an answer that it must have.
  static func member(
    _ name: String, in answer: JSONValue, of operation: CognitoOperation
  ) throws(AWSFailure) -> JSONValue {
    guard let member = answer[name] else { throw Self.missing(name, operation) }
    return member
  }

  private static func missing(_ name: String, _ operation: CognitoOperation) -> AWSFailure {
    AWSFailure(
      .malformed("it has no '\(name)'"), operation: "cognito-idp:\(operation.rawValue)")
  }

  /// Follows `NextToken` to the end and gives the elements of all pages.
  func all(
    _ operation: CognitoOperation, _ list: String, _ input: JSONValue = [:]
  ) async throws(AWSFailure) -> [JSONValue] {
    var found: [JSONValue] = []
    var token: JSONValue?
    repeat {
      var input = input
      input["Limit"] = JSONValue(CognitoListing.limitMax)
      input["NextToken"] = token
      let answer = try await call(operation, input)
      found += try Self.list(list, in: answer, of: operation)
      let next = answer["NextToken"]?.string.map { JSONValue.string($0) }
      guard next == nil || next != token else {
        throw AWSFailure(
          .malformed("it gives the same page again and again"),
          operation: client.name(operation.rawValue))
      }
      token = next
    } while token != nil
    return found
  }
}
