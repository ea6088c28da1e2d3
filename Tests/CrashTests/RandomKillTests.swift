import Foundation
import Harness
import Testing

/// Kills the program that is shipped, at moments that nobody chose.
///
/// `Scripts/killloop` runs this suite with as many kills as wanted and a seed of its own.
@Suite("Kills at random moments", .waiting)
struct RandomKillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["CUTOVER_KILLS"].flatMap { Int($0) } ?? 56
  private static let seed =
    ProcessInfo.processInfo.environment["CUTOVER_KILL_SEED"].flatMap { UInt64($0) } ?? 1
  private static let lanes = 2
  /// A rollout that is killed this often before it ends does not move any more.
  private static let killsOfOneMax = 60
  /// The first delays are short, so that a quick machine is hit too; each further one may be longer,
  /// so that a slow one comes to an end.
  private static let shortest = 5
  private static let growth = 1.25

  @Test("however often it is killed, it comes to the same end", arguments: [0, 1])
  func kills(lane: Int) async throws {
    let result = try await beside {
      try Self.killAll(lane: lane, count: Self.kills / Self.lanes)
    }
    #expect(result.complaints == [], "seed \(Self.seed)")
    #expect(result.kills >= Self.kills / Self.lanes)
  }

  private static func killAll(
    lane: Int, count: Int
  ) throws -> (kills: Int, complaints: [String]) {
    var numbers = SeededNumbers(seed: seed &* 1_000_003 &+ UInt64(lane))
    var kills = 0
    var complaints: [String] = []
    var references: [CrashCourse.Direction: EndState] = [:]
    var round = 0
    while kills < count, complaints.count < 3 {
      let direction: CrashCourse.Direction =
        (round + lane).isMultiple(of: 2) ? .forward : .backward
      let course = CrashCourse(direction: direction)
      do {
        let reference = try references[direction] ?? course.reference()
        references[direction] = reference
        kills += try killOne(course, reference, &numbers)
      } catch {
        complaints.append("seed \(seed), lane \(lane), round \(round), \(direction): \(error)")
      }
      round += 1
    }
    return (kills, complaints)
  }

  /// Takes one world to its end through as many kills as it meets.
  private static func killOne(
    _ course: CrashCourse, _ reference: EndState, _ numbers: inout SeededNumbers
  ) throws -> Int {
    let world = try course.begin()
    var words = course.command(world)
    var kills = 0
    var longest = Double(shortest * 4)
    while kills < killsOfOneMax {
      let delay = Int.random(in: shortest...max(shortest, Int(longest)), using: &numbers)
      longest *= growth
      let ending = try world.run(.cutover, words, after: .milliseconds(delay))
      if course.isDone(ending, words) { break }
      if course.wasNeverAsked(ending, words) {
        words = course.command(world)
        continue
      }
      guard ending == .killed else {
        throw CrashComplaint("ended with \(ending)\n\(world.log)")
      }
      kills += 1
      guard let next = try course.carryOn(world, choice: kills) else { break }
      words = next
    }
    try course.judge(world, against: reference)
    return kills
  }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
