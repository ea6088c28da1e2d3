import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite(.waiting) struct WindowGateTests {
  private func schedule(_ input: String) throws -> WindowSchedule {
    let value = try JSONValue(reading: Array(input.utf8), dialect: .json5)
    return try value.decode(as: WindowGate.Input.self).window.schedule(of: "night")
  }

  private func at(_ text: String) throws -> Timestamp {
    try #require(
      schedule("{moments: [{from: '\(text)', to: '2099-01-01T00:00:00Z'}]}").moments.first
    ).from
  }

  private func next(_ input: String, at moment: String) throws -> String? {
    try schedule(input).next(at: at(moment)).map { "\($0.from) \($0.to)" }
  }

  @Test("a nightly window goes over midnight, in the zone named")
  func nightly() throws {
    let berlin = "{windows: [{from: '22:00', to: '04:00', timeZone: 'Europe/Berlin'}]}"
    // Winter: one hour ahead. Summer: two.
    #expect(
      try next(berlin, at: "2026-01-15T12:00:00Z")
        == "2026-01-15T21:00:00.000Z 2026-01-16T03:00:00.000Z")
    #expect(
      try next(berlin, at: "2026-07-15T12:00:00Z")
        == "2026-07-15T20:00:00.000Z 2026-07-16T02:00:00.000Z")
    #expect(
      try next(berlin, at: "2026-07-16T01:59:59Z")
        == "2026-07-15T20:00:00.000Z 2026-07-16T02:00:00.000Z")
    #expect(
      try next(berlin, at: "2026-07-16T02:00:00Z")
        == "2026-07-16T20:00:00.000Z 2026-07-17T02:00:00.000Z")
  }

  @Test("the night in which clocks change has its own length")
  func clockChange() throws {
    let berlin = "{windows: [{from: '01:00', to: '05:00', timeZone: 'Europe/Berlin'}]}"
    #expect(
      try next(berlin, at: "2026-03-28T12:00:00Z")
        == "2026-03-29T00:00:00.000Z 2026-03-29T03:00:00.000Z")
    #expect(
      try next(berlin, at: "2026-10-24T12:00:00Z")
        == "2026-10-24T23:00:00.000Z 2026-10-25T04:00:00.000Z")
  }

  @Test("days are those on which it opens, as the zone counts them")
  func days() throws {
    // 2026-11-21 is a Saturday.
    let weekend = "{windows: [{days: ['sun'], from: '23:00', to: '01:00', timeZone: '-05:00'}]}"
    #expect(
      try next(weekend, at: "2026-11-21T00:00:00Z")
        == "2026-11-23T04:00:00.000Z 2026-11-23T06:00:00.000Z")
    #expect(
      try next(weekend, at: "2026-11-23T06:00:00Z")
        == "2026-11-30T04:00:00.000Z 2026-11-30T06:00:00.000Z")
  }

  @Test("an opening with too little left does not count, a later one does")
  func mustFinish() throws {
    let nights = "{windows: [{from: '02:00', to: '04:00'}], mustFinishWithin: '90m'}"
    #expect(
      try next(nights, at: "2026-11-21T02:30:00Z")
        == "2026-11-21T02:00:00.000Z 2026-11-21T04:00:00.000Z")
    #expect(
      try next(nights, at: "2026-11-21T02:31:00Z")
        == "2026-11-22T02:00:00.000Z 2026-11-22T04:00:00.000Z")
    #expect(
      try next(
        "{windows: [{from: '02:00', to: '03:00'}], mustFinishWithin: '2h'}",
        at: "2026-11-21T00:00:00Z") == nil)
  }

  @Test("explicit moments open once")
  func moments() throws {
    let once = """
      {moments: [{from: '2026-11-21T03:00:00+01:00', to: '2026-11-21T05:00:00.500+01:00'}]}
      """
    #expect(
      try next(once, at: "2026-11-20T00:00:00Z")
        == "2026-11-21T02:00:00.000Z 2026-11-21T04:00:00.500Z")
    #expect(try next(once, at: "2026-11-22T00:00:00Z") == nil)
  }

  @Test("the gate waits for the opening, shows it, and is open when it returns")
  func waits() async throws {
    let world = try FakeWorld()
    // The clock of the tests begins at 2026-09-21T14:13:20Z.
    let rig = try ActionRig(
      ActionDescriptor(WindowGate.self), "{windows: [{from: '23:00', to: '01:00'}]}",
      in: world.site())
    let opening = try at("2026-09-21T23:00:00Z")
    #expect(
      try await rig.plan().changes == [
        "wait for the window from \(opening) to \(opening + .seconds(7200))"
      ])
    try await rig.apply()
    #expect(world.clock.now() == opening)
    #expect(rig.journal.readings.last?.until == opening)
    try await rig.apply()
    #expect(world.clock.now() == opening)
  }

  @Test("a gate that never opens any more refuses instead of waiting")
  func never() async throws {
    let world = try FakeWorld()
    let rig = try ActionRig(
      ActionDescriptor(WindowGate.self),
      "{moments: [{from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z'}]}", in: world.site())
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
  }

  @Test(
    "nonsense is refused",
    arguments: [
      "{}", "{windows: []}", "{windows: [{from: '24:00', to: '01:00'}]}",
      "{windows: [{from: '1:00', to: '02:00'}]}",
      "{windows: [{from: '01:00', to: '02:00', timeZone: 'Mars/Base'}]}",
      "{windows: [{from: '01:00', to: '02:00', timeZone: '+25:00'}]}",
      "{windows: [{days: [], from: '01:00', to: '02:00'}]}",
      "{windows: [{days: ['monday'], from: '01:00', to: '02:00'}]}",
      "{moments: [{from: '2026-11-21', to: '2026-11-22T00:00:00Z'}]}",
      "{moments: [{from: '2026-11-22T00:00:00Z', to: '2026-11-21T00:00:00Z'}]}",
    ])
  func badInput(input: String) {
    #expect(throws: (any Error).self) { try schedule(input) }
  }
}
