import Harness
import Resources
import Rollouts
import Testing

@testable import JournalStore

@Suite(.waiting) struct FactTemplateTests {
  private static func both(_ kind: String, _ step: String?, _ detail: String) -> (Fact?, Fact?) {
    let fast = Array(kind.utf8).withUnsafeBytes { kind in
      Array(detail.utf8).withUnsafeBytes { FactTemplate.fact(kind, step, $0) }
    }
    let general = FactDetail(reading: Array(detail.utf8).span)
      .flatMap { Fact(kind: kind, step: step, $0) }
    return (fast, general)
  }

  @Test("what the fast way reads, the general way reads alike", arguments: SQLiteJournalTests.facts)
  func same(_ fact: Fact) throws {
    let row = try FactRow(
      fact, rollout: "r", sequence: 1, at: Timestamp(milliseconds: 0), live: nil)
    let (fast, general) = Self.both(row.kind, row.step, row.detail)
    #expect(general == fact)
    #expect(fast == nil || fast == fact)
  }

  @Test("the frequent facts are read the fast way")
  func frequent() throws {
    let person = Person(name: "ann", role: "ops", reason: "é")
    let facts: [Fact] = [
      .noted(step: nil, text: "copied"), .paused(by: person), .resumed(by: person),
      .retried(step: "a", by: .playbook("x")), .retryDue(step: "a"),
      .failed(
        step: "a", phase: .undo, attempt: 12,
        failure: Failure(.transient(retryAfterMilliseconds: 0), "s", hint: "h"),
        retryAt: Timestamp(milliseconds: 5)),
      .failed(step: "a", phase: .plan, attempt: 0, failure: .cancelled, retryAt: nil),
    ]
    for fact in facts {
      let row = try FactRow(
        fact, rollout: "r", sequence: 1, at: Timestamp(milliseconds: 0), live: nil)
      #expect(Self.both(row.kind, row.step, row.detail).0 == fact)
    }
  }

  @Test(
    "a detail cut short or changed anywhere is never read in two ways",
    arguments: [
      #"{"text":"abc"}"#, #"{"by":{"name":"a","reason":"b","role":"c"}}"#,
      #"{"attempt":2,"failure":{"hint":"h","kind":"transient","summary":"s"},"phase":"apply"}"#,
    ])
  func mutated(_ detail: String) {
    for place in detail.utf8.indices {
      var cut = Array(detail.utf8)
      let offset = detail.utf8.distance(from: detail.utf8.startIndex, to: place)
      for byte: UInt8 in [0, 0x22, 0x5c, 0x7d, 0x2c, 0x30, 0xff, 0x20] {
        cut[offset] = byte
        for bytes in [cut, Array(cut.prefix(offset + 1))] {
          let text = String(decoding: bytes, as: UTF8.self)
          for (kind, step) in [("noted", nil), ("paused", nil), ("failed", "a")]
            as [(String, String?)]
          {
            let (fast, general) = Self.both(kind, step, text)
            #expect(fast == nil || fast == general, "\(kind) \(text)")
          }
        }
      }
    }
  }
}
