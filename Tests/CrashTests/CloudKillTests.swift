import Foundation
import Harness
import Testing

/// As KillPointTests, on a server that emulates AWS: its stacks, tables, buckets, users and names.
///
/// Each round takes seconds, so that the suite takes some points of every kind, chosen by a seed;
/// `Scripts/killloop aws` takes every one.
@Suite("A kill at every point, on AWS", .waiting)
struct CloudKillTests {
  private static let setting = ProcessInfo.processInfo.environment["CUTOVER_CLOUD_KILLS"]
  private static let seed =
    ProcessInfo.processInfo.environment["CUTOVER_KILL_SEED"].flatMap { UInt64($0) } ?? 1

  /// How many points of each kind and direction are taken; all where the script says so.
  private static let perKind = setting == "all" ? Int.max : setting.flatMap { Int($0) } ?? 1
  private static let lanes = 2
  /// Fewer points than the smallest course has would mean that the kills do not work.
  private static let fewestPoints = 9

  @Test("whoever is killed there, the next one comes to the same end")
  func killed() async throws {
    try await CloudFixture.run { fixture in
      var rounds: [Round] = []
      var references: [CrashCourse.Direction: EndState] = [:]
      for direction in CrashCourse.Direction.allCases {
        let (end, points) = try await beside { try Self.reference(fixture.course(direction)) }
        references[direction] = end
        rounds += Self.rounds(direction, points)
      }
      try Self.judge(references)
      let (queue, ends) = (RoundQueue(rounds), references)
      try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<Self.lanes {
          group.addTask {
            try await beside { Self.lane(fixture, queue, ends) }
          }
        }
        for try await complaints in group { #expect(complaints == [], "seed \(Self.seed)") }
      }
    }
  }

  /// The ends that all others are compared with are what the playbook promises.
  private static func judge(_ ends: [CrashCourse.Direction: EndState]) throws {
    let forward = try #require(ends[.forward])
    #expect(forward["server"].contains(#""blue": "gone""#))
    #expect(forward["server"].contains(#""S": "é11""#))
    #expect(forward["server"].contains("green.W.test."))
    #expect(forward["journal"].contains("completed|blue|green"))
    let backward = try #require(ends[.backward])
    #expect(backward["server"].contains(#""green": "gone""#))
    #expect(backward["server"].contains("blue.W.test."))
    #expect(backward["journal"].contains("rolled-back|blue|green"))
  }

  /// The end of a run that nobody harms, and the points that it passes on the way.
  private static func reference(
    _ course: CrashCourse
  ) throws -> (end: EndState, points: [String]) {
    let world = try course.begin()
    let file = "\(world.root)/points"
    let words = course.command(world)
    let ending = try world.run(.crashRunner, words, counting: file)
    guard course.isDone(ending, words) else {
      throw CrashComplaint("a run that nobody killed ended with \(ending)\n\(world.log)")
    }
    let points = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    return (try course.look(world), points.map(String.init))
  }

  /// Points of every kind, chosen by the seed among those that a run passes.
  private static func rounds(
    _ direction: CrashCourse.Direction, _ points: [String]
  ) -> [Round] {
    var numbers = SeededNumbers(seed: seed)
    return KillPointTests.Place.allCases.flatMap { place in
      let count = points.count { $0 == place.rawValue }
      #expect(count >= fewestPoints, "\(direction) \(place.rawValue)")
      let all = Array(1...max(count, 1))
      let chosen = perKind >= count ? all : Array(all.shuffled(using: &numbers).prefix(perKind))
      return chosen.map { Round(direction: direction, point: "\(place.rawValue):\($0)") }
    }
  }

  struct Round: Sendable {
    var direction: CrashCourse.Direction
    var point: String
  }

  /// Takes rounds until none is left.
  private static func lane(
    _ fixture: CloudFixture, _ queue: RoundQueue, _ ends: [CrashCourse.Direction: EndState]
  ) -> [String] {
    var complaints: [String] = []
    while let (round, number) = queue.next(), complaints.count < 3 {
      do {
        guard let end = ends[round.direction] else { continue }
        try play(fixture.course(round.direction), round.point, number, end)
      } catch {
        complaints.append("\(round.direction) \(round.point): \(error)")
      }
    }
    return complaints
  }

  private static func play(
    _ course: CrashCourse, _ point: String, _ choice: Int, _ reference: EndState
  ) throws {
    let world = try course.begin()
    let words = course.command(world)
    let ending = try world.run(.crashRunner, words, killedAt: point)
    // Steps run side by side, so that a run may have a point less than the one that counted.
    let survives = course.isDone(ending, words)
    guard survives || ending == .killed else {
      throw CrashComplaint("ended with \(ending) instead of the kill\n\(world.log)")
    }
    if !survives, let words = try course.carryOn(world, choice: choice) {
      var ending = try world.run(.crashRunner, words)
      if course.wasNeverAsked(ending, words) {
        ending = try world.run(.crashRunner, course.command(world))
        guard ending == .exited(0) else {
          throw CrashComplaint("going back ended with \(ending)\n\(world.log)")
        }
      } else if !course.isDone(ending, words) {
        throw CrashComplaint("carrying on ended with \(ending)\n\(world.log)")
      }
    }
    try course.judge(world, against: reference)
  }
}
