import Harness
import Rollouts
import Testing

@Suite("Simulated rollouts", .waiting)
struct SimulationTests {
  static let runsPerLane = 13_000
  static let lanes = 8

  /// Two drivers, crashes, failures, delays and requests; see `Simulation` for the rules checked.
  @Test(
    "every seed ends, on the right colour and with nothing destroyed too early",
    arguments: 0..<lanes)
  func everySeedEnds(lane: Int) async {
    for seed in (lane * Self.runsPerLane)..<((lane + 1) * Self.runsPerLane) {
      // Leaves the threads to the other suites now and then.
      if seed % 20 == 0 { await Task.yield() }
      var simulation = Simulation(seed: UInt64(seed))
      if let violation = simulation.run() {
        let facts = simulation.world.facts.map { "\($0.kind) \($0.step ?? "")" }
        Issue.record("seed \(seed): \(violation)\n\(facts)\n\(simulation.world.definitions)")
        return
      }
    }
  }

  @Test("the storm reaches every kind of end")
  func reachesEveryEnd() {
    var outcomes: [String: Int] = [:]
    var destroyed = 0
    for seed in 0..<400 {
      var simulation = Simulation(seed: UInt64(seed))
      _ = simulation.run()
      outcomes[simulation.outcome?.rawValue ?? "none", default: 0] += 1
      if !simulation.world.destroyed.isEmpty { destroyed += 1 }
    }
    #expect((outcomes["completed"] ?? 0) > 40)
    #expect((outcomes["rolled-back"] ?? 0) > 40)
    #expect(destroyed > 10)
  }
}
