import Foundation
import Harness

/// One fresh copy of the fixture, and the programs run on it as child processes.
///
/// Used by one thread. Whatever runs in its folder is killed when it goes.
final class CrashWorld {
  enum Program: String {
    case cutover
    case crashRunner = "CrashRunner"

    /// Beside the test runner, where the build puts all of them.
    var url: URL {
      URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent(rawValue)
    }
  }

  enum Ending: Equatable {
    case exited(Int32)
    case killed
    case signalled(Int32)
  }

  /// Where a rollout stands, as its journal says it.
  enum Standing: String {
    case none
    case open
    case ended
  }

  private let folder: TemporaryFolder
  private let environment: [String: String]
  private let settings: [String]
  /// Without symbolic links, as the kernel names it.
  let root: String
  private(set) var log = ""

  init(holds: Bool) throws {
    folder = try TemporaryFolder()
    root = folder.url.resolvingSymlinksInPath().path + "/root"
    environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
    settings = ["--set", "root=\(root)"]
    try CrashFixture.seed(root, holds: holds)
  }

  /// A world of another fixture, which is seeded already and whose playbook this is.
  init(playbook: String, settings: [String], environment: [String: String]) throws {
    folder = try TemporaryFolder()
    root = folder.url.resolvingSymlinksInPath().path + "/root"
    self.environment = environment
    self.settings = settings
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try playbook.write(toFile: "\(root)/playbook.json5", atomically: false, encoding: .utf8)
  }

  deinit { for pid in processes() { kill(pid, SIGKILL) } }

  /// Runs a command line to its end, which may be a violent one.
  ///
  /// It dies at a point that it knows itself, after a while, or when the moment has come. `points`
  /// is a file for the points that it passes.
  @discardableResult
  func run(
    _ program: Program, _ words: [String], killedAt point: String = "", after: Duration? = nil,
    when hasCome: (() throws -> Void)? = nil, counting points: String? = nil
  ) throws -> Ending {
    let process = Process()
    process.executableURL = program.url
    process.arguments = words + ["--journal", journal]
    process.currentDirectoryURL = URL(fileURLWithPath: root)
    process.environment = environment.merging(
      ["CUTOVER_KILL": point, "CUTOVER_POINTS": points ?? ""]) { $1 }
    process.standardInput = FileHandle.nullDevice
    let path = folder.file("log")
    try Data().write(to: URL(fileURLWithPath: path))
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    process.standardOutput = output
    process.standardError = output
    let hasEnded = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in hasEnded.signal() }
    try process.start()
    if let hasCome {
      try hasCome()
      kill(process.processIdentifier, SIGKILL)
      hasEnded.wait()
    } else if let after {
      let parts = after.components
      let nanoseconds = Int(parts.seconds) * 1_000_000_000 + Int(parts.attoseconds / 1_000_000_000)
      if hasEnded.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .timedOut {
        kill(process.processIdentifier, SIGKILL)
        hasEnded.wait()
      }
    } else if hasEnded.wait(timeout: .now() + .seconds(Self.patienceSeconds)) == .timedOut {
      kill(process.processIdentifier, SIGKILL)
      hasEnded.wait()
      throw CrashComplaint("'\(words.first ?? "")' did not end\n\(text(of: path))")
    }
    try output.close()
    log += "$ \(program.rawValue) \(words.first ?? "") \(point)\n\(text(of: path))"
    if process.terminationReason == .exit { return .exited(process.terminationStatus) }
    return process.terminationStatus == SIGKILL ? .killed : .signalled(process.terminationStatus)
  }

  /// Much longer than a run takes on a machine that does ten other things.
  private static let patienceSeconds = 120

  var journal: String { "\(root)/state/journal.db" }

  /// Begins or carries on with the rollout.
  var forward: [String] {
    ["run", "\(root)/playbook.json5", "--live", "blue", "--yes", "--no-wait"] + settings
  }

  func standing() throws -> Standing {
    guard FileManager.default.fileExists(atPath: journal) else { return .none }
    let answer = try Tool.run(
      ["sqlite3", "-readonly", journal, "SELECT ended IS NOT NULL FROM rollout"])
    switch answer.text {
    case "0\n": return .open
    case "1\n": return .ended
    // Killed before the tables were there, or before the rollout was.
    case "": return .none
    default: throw CrashComplaint("more than one rollout was begun: \(answer.text)")
    }
  }

  /// The processes whose working folder lies in here, also if it was removed since.
  func processes() -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { pid in
      let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
      return folder?.hasPrefix(root) ?? false
    }.sorted()
  }

  private func text(of path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
