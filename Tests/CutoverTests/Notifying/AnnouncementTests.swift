import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Program

@Suite("Announcements", .waiting)
struct AnnouncementTests {
  private let rollout = RolloutRecord(
    id: "20261121-0300-k3f9", environment: "shop", from: .blue, to: .green, playbook: "",
    playbookName: "p.json5", parameters: "{}", preview: "{}",
    started: Timestamp(milliseconds: 0))
  private let next = NextCommand(journal: JournalOption())

  private func announcement(_ fact: Fact, step: String = "copy") -> Announcement? {
    var machine = RolloutMachine([StepDefinition(id: step, action: "x")], from: .blue)
    for early in [Fact.started(by: Person(name: "kim", reason: "")), fact] {
      try? machine.replay(early)
    }
    return Announcement(
      FactRecord(sequence: 7, at: Timestamp(milliseconds: 1_763_694_000_000), fact: fact),
      of: rollout, after: machine, next: next)
  }

  @Test("a fact becomes the same message in every process, with its number in the id")
  func message() throws {
    let fact = Fact.paused(by: Person(name: "kim", reason: "lunch"))
    let announcement = try #require(self.announcement(fact))
    #expect(announcement == self.announcement(fact))
    #expect(announcement.id == "20261121-0300-k3f9-7")
    let json = announcement.json
    #expect(json["type"] == "rollout.paused")
    #expect(json["data"]?["text"] == "paused by kim: lunch")
    #expect(json["data"]?["next"] == "cutover resume")
    #expect(json["data"]?["step"] == .null)
    #expect(json["data"]?["live"] == "blue")
    #expect(self.announcement(.noted(step: nil, text: "nothing")) == nil)
  }

  @Test("a subject is short and plain, whatever a step is called")
  func subject() throws {
    let step = String(repeating: "ä\n", count: 80)
    let fact = Fact.planned(step: step, plan: "", changes: [])
    let subject = try #require(announcement(fact, step: step)).subject
    #expect(subject.utf8.count == 100)
    #expect(subject.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    #expect(subject.hasPrefix("cutover shop: step-started at ??"))
  }

  @Test("secrets that were given out are struck from what is told")
  func redaction() async throws {
    let secrets = Secrets { (_, _) throws(Failure) in "open-sesame" }
    _ = try await secrets.reveal("${secret:env:DOOR}")
    let said = try #require(
      announcement(.paused(by: Person(name: "kim", reason: "try open-sesame"))))
    #expect(said.redacted(by: secrets).text == "paused by kim: try [secret]")
  }

  @Test("signatures are those of Python's hmac, for plain secrets and marked ones")
  func signatures() throws {
    let body = #"{"type":"rollout.completed","text":"ü"}"#
    let program = """
      import base64, hashlib, hmac, sys
      for secret in sys.argv[2:]:
        key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
        code = hmac.new(key, b"msg-1.1763694000." + sys.argv[1].encode(), hashlib.sha256)
        print("v1," + base64.b64encode(code.digest()).decode())
      """
    let secrets = ["plain secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ü"]
    let output = try Tool.run(["python3", "-c", program, body] + secrets)
    let ours = try secrets.map { secret in
      try #require(WebhookSignature(secret: secret))
        .header(id: "msg-1", seconds: 1_763_694_000, body: Array(body.utf8))
    }
    #expect(output.text.split(separator: "\n").map(String.init) == ours)
    #expect(WebhookSignature(secret: "") == nil)
    #expect(WebhookSignature(secret: "whsec_") == nil)
    #expect(WebhookSignature(secret: "whsec_%%%") == nil)
  }
}
