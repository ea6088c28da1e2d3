import Harness
import Resources
import Testing

@testable import Actions

@Suite("How fast a table is written", .waiting)
struct WriteGovernorTests {
  private let start = Timestamp(milliseconds: 1_000_000)

  private func governor(_ rate: Double?) throws -> WriteGovernor {
    WriteGovernor(
      of: try ResourceURL("memory:///t"), limit: rate.map { ($0, "\(Int($0)) units a second") })
  }

  @Test("a limit is the reason only while it holds writes up")
  func saysWhatBinds() throws {
    let governor = try governor(100)
    var now = start
    // Slower than the limit: each portion finds its time come already.
    for _ in 0..<5 {
      #expect(governor.admit(50, at: now) == now)
      governor.took(50, at: now)
      #expect(governor.reason(at: now) == nil)
      now = now + .seconds(1)
    }
    #expect(governor.admit(50, at: now) == now)
    let moment = governor.admit(50, at: now)
    #expect(moment == now + .milliseconds(500))
    #expect(governor.reason(at: moment)?.contains("the limit of 100 units a second") == true)
    #expect(governor.reason(at: moment + .seconds(3)) == nil)
  }

  @Test("a refusal slows down at once, says so, and is forgotten in time")
  func slowsDown() throws {
    let governor = try governor(nil)
    #expect(governor.admit(1000, at: start) == start)
    governor.took(1000, at: start + .seconds(1))
    governor.turnedAway(at: start + .seconds(1))
    let now = start + .seconds(1)
    #expect(governor.reason(at: now)?.contains("slowed to 700 units") == true)
    _ = governor.admit(700, at: now)
    #expect(governor.admit(1, at: now) == now + .seconds(1))
    #expect(governor.reason(at: now + .seconds(60)) == nil)
  }
}
