import Harness
import JSON
import Resources
import Testing

@testable import Rollouts

@Suite("Who is told what happens", .waiting)
struct NotifySectionTests {
  private func read(_ notify: String) throws -> Playbook {
    let text = soundPlaybook.replacing(
      "playbook: 1,", with: "playbook: 1, notify: \(notify),", maxReplacements: 1)
    return try ToyCatalog.reader.read(Array(text.utf8), file: "p.json5")
  }

  private func problems(_ notify: String) -> String {
    do {
      _ = try read(notify)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  private static let topic = "arn:aws-cn:sns:cn-north-1:123456789012:rollouts.fifo"

  @Test("topics and webhooks are read, with the region of the ARN and secrets in place")
  func channels() throws {
    let channels = try read(
      """
      [{ sns: "\(Self.topic)", profile: "ops", role: "teller" },
       { webhook: "http://hooks.example/${environment}?x=1", secret: "${secret:env:HOOK}",
         on: ["completed", "waiting"] }]
      """
    ).notify
    #expect(
      channels == [
        NotifyChannel(
          .topic(
            arn: Self.topic,
            CloudPlace(region: "cn-north-1", profile: "ops", role: "teller")),
          on: NotifyEvent.standard),
        NotifyChannel(
          .webhook(url: "http://hooks.example/shop?x=1", secret: "${secret:env:HOOK}"),
          on: [.completed, .waiting]),
      ])
    #expect(!NotifyEvent.standard.contains(.stepStarted))
    #expect(NotifyEvent.standard.contains(.stepVerified))
  }

  @Test(
    "mistakes are told with place and nearest name",
    arguments: [
      ("5", "p.json5:3:24: expected a list of places"),
      ("[7]", "p.json5:3:25: expected an object with keys such as sns"),
      ("[{}]", "p.json5:3:25: an entry of 'notify' lacks the key 'sns' or 'webhook'"),
      (
        "[{ snz: \"x\" }]",
        "p.json5:3:27: an entry of 'notify' has no key 'snz'; did you mean 'sns'"
      ),
      ("[{ sns: \"x\" }]", "p.json5:3:32: expected the ARN of a topic"),
      ("[{ sns: \"x\", webhook: \"y\" }]", "is either 'sns' or 'webhook', not both"),
      ("[{ sns: \"x\", secret: \"y\" }]", "has no key 'secret'"),
      ("[{ webhook: \"https://h/\" }]", "lacks the key 'secret'"),
      (
        "[{ webhook: \"https://h/\", secret: \"whsec_abcd\" }]",
        "p.json5:3:58: expected a reference to a secret"
      ),
      (
        "[{ webhook: \"ftp://h/\", secret: \"${secret:env:A}\" }]",
        "p.json5:3:36: expected a URL such as"
      ),
      (
        "[{ webhook: \"https://h/\", secret: \"${secret:env:A}\", on: [\"complete\"] }]",
        "found 'complete'; did you mean 'completed'"
      ),
      (
        "[{ webhook: \"https://${from.address}/\", secret: \"${secret:env:A}\" }]",
        "is known only in steps"
      ),
    ])
  func mistakes(_ notify: String, _ message: String) {
    let said = problems(notify)
    #expect(said.contains(message), "\(said)")
  }

  @Test("every kind of fact has its event, and small talk has none")
  func events() throws {
    let machine = RolloutMachine(
      try read("[]").definitions(in: ToyCatalog.actions, from: .blue), from: .blue)
    let passed = Verification(.passed("well"))
    let failure = Failure.permanent("no", hint: "")
    let kim = Person(name: "kim", reason: "")
    let expected: [(Fact, NotifyEvent?)] = [
      (.started(by: kim), .started), (.attached(driver: "d", takenFrom: nil), nil),
      (.attached(driver: "d", takenFrom: "e"), .takenOver), (.noted(step: nil, text: "n"), nil),
      (.planned(step: "copy", plan: "", changes: []), .stepStarted),
      (.planned(step: "approve", plan: "", changes: []), .waiting),
      (.verified(step: "copy", verification: passed), .stepVerified),
      (.verified(step: "switch", verification: passed), .promoted),
      (
        .failed(
          step: "copy", phase: .apply, attempt: 1, failure: failure,
          retryAt: Timestamp(milliseconds: 5)), .stepRetrying
      ),
      (
        .failed(step: "copy", phase: .apply, attempt: 3, failure: failure, retryAt: nil),
        .stepFailed
      ),
      (.rollbackRequested(by: kim), .rollingBack), (.undone(step: "copy"), .stepUndone),
      (.completed, .completed), (.rolledBack, .rolledBack),
    ]
    for (fact, event) in expected {
      #expect(NotifyEvent(fact, after: machine) == event, "\(fact.kind)")
    }
  }
}
