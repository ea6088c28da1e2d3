import AWS
import Harness
import Resources
import Rollouts
import Wire

@testable import Actions

/// A world with the calls of AWS in it, which a moto server or a script of the test's own answers.
struct CloudStage {
  let world: FakeWorld
  let clock: ManualClock

  init(_ environment: [String: String], movesByItself: Bool = true) throws {
    let clock = ManualClock(movesByItself: movesByItself)
    self.clock = clock
    let session = AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"), clock: clock
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    world = try FakeWorld(
      clock: clock, providers: AWSProviders.all(in: session), cloud: AWSCloud(session))
  }

  init(_ server: ScriptedServer) throws {
    try self.init([
      "AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A",
      "AWS_SECRET_ACCESS_KEY": "s",
    ])
  }

  func rig<Step: Action>(
    _ action: Step.Type, _ input: String, step: String = "step",
    journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(ActionDescriptor(action), input, in: world.site(step: step), journal: journal)
  }

  /// What the journal shows once a person has asked to retry the step so often.
  func setRetries(_ count: Int, of step: String = "step") {
    world.setRecord(
      RolloutRecordView(
        live: .blue,
        steps: [
          .init(
            id: step, action: "aws.call", state: .active(.apply, attempt: 1), ledgers: [],
            promotes: false,
            retries: count)
        ]))
  }
}
