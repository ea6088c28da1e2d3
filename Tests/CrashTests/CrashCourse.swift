import Foundation
import Harness

/// A way through a rollout that can be broken off anywhere, and what it must come to.
struct CrashCourse: Sendable {
  enum Direction: String, Sendable, CaseIterable {
    case forward
    case backward
  }

  let direction: Direction
  /// Makes an untouched world, whose playbook may stop behind the switch.
  var make: @Sendable (_ holds: Bool) throws -> CrashWorld = { try CrashWorld(holds: $0) }
  var look: @Sendable (CrashWorld) throws -> EndState = { try EndState(of: $0) }

  /// A world at the beginning of the course: untouched, or after the switch.
  func begin() throws -> CrashWorld {
    let world = try make(direction == .backward)
    if direction == .backward {
      let ending = try world.run(.crashRunner, world.forward)
      guard ending == .exited(Self.waiting) else {
        throw CrashComplaint("the way to the gate ended with \(ending)\n\(world.log)")
      }
    }
    return world
  }

  /// The command that goes the whole course.
  func command(_ world: CrashWorld) -> [String] {
    switch direction {
    case .forward: world.forward
    case .backward: ["rollback", "--reason", "practice"]
    }
  }

  /// The command with which somebody carries on after a crash; they may choose between two.
  func carryOn(_ world: CrashWorld, choice: Int) throws -> [String]? {
    switch try world.standing() {
    case .none: world.forward
    case .open: choice.isMultiple(of: 2) ? ["resume", "--no-wait"] : command(world)
    case .ended: nil
    }
  }

  func isDone(_ ending: CrashWorld.Ending, _ words: [String]) -> Bool {
    switch direction {
    case .forward: ending == .exited(0)
    // Who resumes learns that the rollout was taken back; who asked for that has got it.
    case .backward: ending == .exited(words.first == "resume" ? Self.rolledBack : 0)
    }
  }

  /// Whether the rollback died before the journal had heard of it, so that a resume rightly waits
  /// at the gate.
  func wasNeverAsked(_ ending: CrashWorld.Ending, _ words: [String]) -> Bool {
    direction == .backward && words.first == "resume" && ending == .exited(Self.waiting)
  }

  /// Looks at a world at the end of its course.
  func judge(_ world: CrashWorld, against reference: EndState) throws {
    let state = try look(world)
    guard state == reference else {
      throw CrashComplaint("\(state.differences(from: reference))\n\(world.log)")
    }
    guard try world.run(.cutover, ["journal", "verify"]) == .exited(0) else {
      throw CrashComplaint("the journal is not sound\n\(world.log)")
    }
  }

  /// Goes the whole course without any harm.
  func reference() throws -> EndState {
    let world = try begin()
    let words = command(world)
    let ending = try world.run(.crashRunner, words)
    guard isDone(ending, words) else {
      throw CrashComplaint("a run that nobody killed ended with \(ending)\n\(world.log)")
    }
    return try look(world)
  }

  private static let waiting: Int32 = 2
  private static let rolledBack: Int32 = 1
}

/// Runs long work that waits for children beside the tasks of other tests, whose threads are few.
func beside<Answer: Sendable>(
  _ work: @escaping @Sendable () throws -> Answer
) async throws -> Answer {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try work() }) }.start()
  }
}
