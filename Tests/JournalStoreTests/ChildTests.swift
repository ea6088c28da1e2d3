import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

/// What a child process of `CrashTests` does: this same test program, started once more.
enum Child {
  static let variable = "CUTOVER_TEST_CHILD_JOURNAL"
  static var path: String? { ProcessInfo.processInfo.environment[variable] }

  /// Starts a driver on the journal that appends until it is killed, a line for each fact.
  static func start(on path: String) throws -> (process: Process, lines: Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments =
      Array(CommandLine.arguments.dropFirst().prefix { !$0.hasPrefix("--filter") })
      + ["--testing-library", "swift-testing", "--filter", "ChildTests"]
    process.environment = ProcessInfo.processInfo.environment
      .merging([variable: path]) { $1 }
    let lines = Pipe.make()
    process.standardError = lines
    process.standardOutput = FileHandle.nullDevice
    try process.start()
    return (process, lines)
  }
}

@Suite(.waiting, .enabled(if: Child.path != nil, "runs in child processes of the kill tests only"))
struct ChildTests {
  @Test("a driver appends until it is killed")
  func drive() async throws {
    let path = try #require(Child.path)
    let journal = try await SQLiteJournal.open(path, for: .write)
    let me = try LeaseHolder.thisProcess(person: "child")
    let held = try await journal.lease(on: "prod")
    let lease = try await journal.acquire(
      "prod", as: me, takingOver: held?.epoch, at: Stage.moment(0))
    for number in 1...100_000 {
      let record = try await journal.append(
        .noted(step: "a", text: String(repeating: "n", count: number % 3000)), to: "r1",
        at: Stage.moment(number), live: number.isMultiple(of: 2) ? .green : .blue,
        answering: nil, lease: lease)
      try await journal.save(
        checkpoint: "\(record.sequence)", of: "a", in: "r1", at: Stage.moment(number),
        lease: lease)
      FileHandle.standardError.write(Data("wrote \(record.sequence)\n".utf8))
    }
  }
}
