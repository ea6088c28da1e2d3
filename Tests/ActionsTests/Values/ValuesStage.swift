import AWS
import Foundation
import Harness
import Local
import Resources
import Rollouts
import Testing
import Wire

@testable import Actions

/// A world with the stores of this machine in it, and those of a moto server where one is given.
struct ValuesStage {
  let world: FakeWorld
  var folder: TemporaryFolder { world.folder }
  var file: String { "values://\(folder.file("values.json"))" }

  init(_ server: MotoServer? = nil, cloud: (any CloudExchange)? = nil) throws {
    let clock = ManualClock(movesByItself: true)
    guard let server else {
      world = try FakeWorld(
        clock: clock, providers: LocalProviders.all, cloud: cloud ?? NoCloud())
      return
    }
    let session = AWSSession(
      AWSSession.Settings(environment: server.environment, homeFolder: "/nonexistent"),
      clock: clock
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    world = try FakeWorld(
      clock: clock, providers: LocalProviders.all + AWSProviders.all(in: session),
      cloud: AWSCloud(session))
  }

  func rig<Step: Action>(
    _ action: Step.Type, _ input: String, step: String = "step",
    journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(ActionDescriptor(action), input, in: world.site(step: step), journal: journal)
  }

  /// Puts values into the file, as JSON.
  func put(_ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("values.json")))
  }

  /// What the file holds, read by another program; keys in order.
  func values() throws -> String {
    let script = "import json,sys; print(json.dumps(json.load(open(sys.argv[1])), sort_keys=True))"
    let path = folder.file("values.json")
    return try Tool.run(["python3", "-c", script, path]).text.split(separator: "\n").joined()
  }
}

extension ActionRig {
  /// Why it cannot be applied.
  func refusal() async throws -> Failure {
    try await #require(throws: Failure.self) { try await apply() }
  }
}
