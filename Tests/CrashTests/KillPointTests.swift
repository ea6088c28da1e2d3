import Foundation
import Harness
import Testing

@Suite("A kill at every point", .waiting)
struct KillPointTests {
  enum Place: String, CaseIterable, Sendable {
    case journalBefore = "journal-before"
    case journalAfter = "journal-after"
    case callBefore = "call-before"
    case callAfter = "call-after"

    var isAfter: Bool { self == .journalAfter || self == .callAfter }

    /// Fewer points than the smallest course has would mean that the kills do not work.
    var countMin: Int {
      switch self {
      case .journalBefore, .journalAfter: 15
      case .callBefore, .callAfter: 7
      }
    }
  }

  /// More than any course has.
  private static let pointsMax = 200

  /// The reference of a forward run, made once.
  private static let forward = Task {
    try await beside { try CrashCourse(direction: .forward).reference() }
  }

  private static let backward = Task {
    try await beside { try CrashCourse(direction: .backward).reference() }
  }

  private static func reference(_ direction: CrashCourse.Direction) async throws -> EndState {
    switch direction {
    case .forward: try await forward.value
    case .backward: try await backward.value
    }
  }

  @Test("the reference of a forward run is what the playbook promises")
  func forwardReference() async throws {
    let state = try await Self.reference(.forward)
    #expect(state["tables of green"].contains("INSERT INTO people VALUES(300,'first300 last300');"))
    #expect(state["files"].contains("green/files/d3/f7.txt: content 7\n"))
    let metadata = #""metadata":{"contentType":"text/x-note","user":{"of":"d0/f8.txt"}}"#
    #expect(
      state["files"].split(separator: "\n").filter { $0.contains(metadata) }.count == 2)
    #expect(state["files"].split(separator: "\n").filter { $0.contains("user20\"") }.count == 2)
    #expect(state["zone"].contains("www 1 IN CNAME green.example.test."))
    #expect(state["live"] == "crash|green\n")
    #expect(state["outcome"] == "completed|blue|green\n")
    #expect(state["ledgers"].contains("copy-tables|0|there|300"))
    #expect(state["stacks"] == "green")
    #expect(state["processes"].trimmingPrefix("sleep infinity").allSatisfy { $0 == " " })
    #expect(state["last step"] == "done")
  }

  @Test("the reference of a way back is the system as it was, but for the zone's serial")
  func backwardReference() async throws {
    let (seed, zone) = try await beside {
      let world = try CrashWorld(holds: true)
      let state = try EndState(of: world)
      return (state, state["zone"])
    }
    let state = try await Self.reference(.backward)
    for part in ["tables of blue", "tables of green", "stacks", "processes", "last step"] {
      #expect(state[part] == seed[part], "\(part)")
    }
    // A file of users without users stays; folders of objects do not.
    #expect(state["files"].replacing("\ngreen/users.jsonl: ", with: "") == seed["files"])
    // Each change moves the serial on, also the one that takes another back.
    #expect(state["zone"] == zone.replacing("test. 1 3600", with: "test. 6 3600"))
    #expect(state["live"] == "crash|blue\n")
    #expect(state["outcome"] == "rolled-back|blue|green\n")
  }

  @Test(
    "whoever is killed there, the next one comes to the same end",
    arguments: CrashCourse.Direction.allCases, Place.allCases)
  func killed(direction: CrashCourse.Direction, place: Place) async throws {
    let course = CrashCourse(direction: direction)
    let reference = try await Self.reference(direction)
    // Two lanes: while one waits for a health check or a cache, the others work.
    let begin = place.isAfter ? Self.stride : 1
    async let first = Self.lane(course, place, begin, reference)
    async let second = Self.lane(course, place, begin + Self.stride, reference)
    let lanes = try await [first, second]
    #expect(lanes.flatMap(\.complaints) == [])
    #expect(lanes.map(\.survived).min() ?? 0 > place.countMin)
  }

  private struct Lane: Sendable {
    var complaints: [String] = []
    var survived = 0
  }

  private static let lanes = 2
  /// Of how many points one is taken.
  ///
  /// Right after one write of the journal is nearly right before the next one, so that with two
  /// every write has its kill; `Scripts/killloop points` takes all.
  private static let stride =
    ProcessInfo.processInfo.environment["CUTOVER_KILL_POINTS"] == "all" ? 1 : 2

  /// Kills at points from `first` on, those of the other lane left out.
  ///
  /// It ends where a run has fewer points than that.
  private static func lane(
    _ course: CrashCourse, _ place: Place, _ first: Int, _ reference: EndState
  ) async throws -> Lane {
    try await beside {
      var lane = Lane()
      for number in Swift.stride(from: first, to: pointsMax, by: lanes * stride) {
        let point = "\(place.rawValue):\(number)"
        do {
          if try survives(course, point, number, reference) {
            lane.survived = number
            return lane
          }
        } catch {
          lane.complaints.append("\(course.direction) \(point): \(error)")
        }
      }
      return lane
    }
  }

  /// One round; true when the process came to its end before the point did.
  private static func survives(
    _ course: CrashCourse, _ point: String, _ choice: Int, _ reference: EndState
  ) throws -> Bool {
    let world = try course.begin()
    let words = course.command(world)
    let ending = try world.run(.crashRunner, words, killedAt: point)
    let survives = course.isDone(ending, words)
    guard survives || ending == .killed else {
      throw CrashComplaint("ended with \(ending) instead of the kill\n\(world.log)")
    }
    if !survives, let words = try course.carryOn(world, choice: choice) {
      let ending = try world.run(.crashRunner, words)
      guard course.isDone(ending, words) else {
        throw CrashComplaint("carrying on ended with \(ending)\n\(world.log)")
      }
    }
    try course.judge(world, against: reference)
    return survives
  }
}
