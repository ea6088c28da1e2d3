import Harness
import JSON
import Resources
import Rollouts
import Synchronization

@testable import Actions

/// AWS as a test tells it: a closure answers each call, and every call is remembered.
final class ScriptedCloud: CloudExchange {
  struct Call: Sendable, Equatable {
    let operation: String
    let region: String
    let input: JSONValue
    let path: String

    /// As a log shows it.
    var text: String { "\(operation) \(region)" }
  }

  private let calls = Mutex<[Call]>([])
  private let answer: @Sendable (Call) throws(CloudFailure) -> JSONValue

  init(_ answer: @escaping @Sendable (Call) throws(CloudFailure) -> JSONValue) {
    self.answer = answer
  }

  func call(_ call: CloudCall, in context: ProviderContext) async throws(CloudFailure) -> CloudReply
  {
    let input = (try? JSONValue(reading: call.input)) ?? .null
    let made = Call(
      operation: call.operation, region: call.place.region ?? "", input: input,
      path: call.route?.path ?? "")
    calls.withLock { $0.append(made) }
    return CloudReply(status: 200, headers: [], body: try answer(made).compact())
  }

  func permissions(for use: CloudUse) throws(Failure) -> [Permission] { [] }

  /// The calls made so far, of these operations only where any are named.
  func seen(_ operations: String...) -> [Call] {
    calls.withLock { calls in
      operations.isEmpty ? calls : calls.filter { operations.contains($0.operation) }
    }
  }

  /// An error as the wire layer would tell it.
  static func error(_ code: String, _ message: String = "no") -> CloudFailure {
    let summary = "\(code) (400): \(message)"
    switch code {
    case "AccessDeniedException":
      return .service(code: code, .refused(summary, hint: "Grant it."))
    case "InternalServerError":
      return .service(code: code, .transient(summary, hint: "Again."))
    case _: return .service(code: code, .permanent(summary, hint: "Mend it."))
    }
  }
}

/// A world around a cloud of the test's own.
struct ScriptedStage {
  let world: FakeWorld
  let clock = ManualClock(movesByItself: true)

  init(_ cloud: any CloudExchange) throws { world = try FakeWorld(clock: clock, cloud: cloud) }

  func rig<Step: Action>(
    _ action: Step.Type, _ input: String, step: String = "step",
    journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(ActionDescriptor(action), input, in: world.site(step: step), journal: journal)
  }

  func promote() {
    world.setRecord(
      RolloutRecordView(
        live: .green,
        steps: [
          .init(id: "switch", action: "dns.point", state: .undone, ledgers: [], promotes: true)
        ]))
  }
}
