import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// A scripted Lambda and the rigs that invoke it.
final class LambdaWorld {
  let server: ScriptedServer
  let stage: CloudStage
  private(set) var journal = ActionJournal()

  init(server: ScriptedServer, stage: CloudStage) {
    self.server = server
    self.stage = stage
  }

  /// Each function has a step of its own.
  func rig(
    _ function: String, _ more: String = "", journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(LambdaInvoke.self), "{function: '\(function)', \(more)}",
      in: stage.world.site(step: function), journal: journal)
  }

  /// Invokes in a process that ends at its n-th write.
  func kill(_ function: String, atWrite write: Int, afterWriting: Bool) async throws {
    journal = ActionJournal()
    journal.kill(atWrite: write, afterWriting: afterWriting)
    let rig = try rig(function, journal: journal)
    await #expect(throws: Failure.self) { try await rig.apply() }
    journal.kill(atWrite: nil, afterWriting: false)
  }

  /// What the server keeps, by name.
  func seen() throws -> JSONValue {
    let output = try Tool.run(["curl", "--silent", "--noproxy", "*", "\(server.base)/seen"])
    return try JSONValue(parsing: output.text)
  }

  /// How often a function was reached; nil for never.
  func count(_ function: String) throws -> Int? { try seen()[function]?.integer }
}
