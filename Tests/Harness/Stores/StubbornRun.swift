import JSON
import Resources
package import Rollouts
import Synchronization

/// Takes an action through its verbs as a driver does whose process dies at every failure.
///
/// After each transient failure a new action is made, and the verb starts over from the checkpoint
/// saved last; plan and checkpoint go through the text of the journal.
package final class StubbornRun<A: Action>: Sendable {
  /// More deaths than any test has in mind.
  private static var deathsMax: Int { 50 }

  private let make: @Sendable () throws -> A
  private let pace: Pace
  /// Only each n-th checkpoint is written, as by a driver that has no time for all of them.
  private let savesEvery: Int
  private let checkpoint = Mutex<String?>(nil)
  private let saves = Mutex(0)

  package init(pace: Pace, savesEvery: Int = 1, _ make: @escaping @Sendable () throws -> A) {
    self.make = make
    self.pace = pace
    self.savesEvery = savesEvery
  }

  package func plan() async throws -> A.Plan {
    let planned = try await surviving { try await $0.plan() }
    return try JSONValue(encoding: planned.plan).decode()
  }

  package func apply(_ plan: A.Plan) async throws -> StepReport {
    try await surviving { action in
      try await action.apply(plan, from: try saved(), progress: progress)
    }
  }

  package func verify(_ plan: A.Plan, _ report: StepReport) async throws -> Verification {
    try await surviving { try await $0.verify(plan, report: report, pace: pace) }
  }

  package func undo(_ plan: A.Plan) async throws {
    try await surviving { try await $0.undo(plan, from: try saved(), pace: pace) }
  }

  /// The checkpoint saved last, as the journal's text.
  package var savedText: String? { checkpoint.withLock { $0 } }

  private func saved() throws -> A.Checkpoint? {
    try savedText.map { try JSONValue(reading: Array($0.utf8)).decode() }
  }

  private var progress: Progress<A.Checkpoint> {
    Progress(
      pace: pace,
      save: { [self] (value, isUrgent) async throws(Failure) in
        do throws(JSONMismatch) {
          let text = try JSONValue(encoding: value).text
          let count = saves.withLock {
            $0 += 1
            return $0
          }
          if isUrgent || count % savesEvery == 0 { checkpoint.withLock { $0 = text } }
        } catch {
          throw .permanent("\(error)", hint: "")
        }
      }, cross: {})
  }

  private func surviving<Value>(_ verb: (A) async throws -> Value) async throws -> Value {
    for _ in 0..<Self.deathsMax {
      do {
        return try await verb(try make())
      } catch let failure as Failure where failure.isTransient {
        continue
      }
    }
    throw HarnessError("died \(Self.deathsMax) times")
  }
}
