import Foundation
import Harness
import Resources
import Wire

@testable import AWS

/// A session with an environment, a home folder and a clock of the test's own.
enum TestSession {
  static let start: Int64 = 1_790_000_000

  static func make(
    _ environment: [String: String], home: TemporaryFolder? = nil,
    clock: any WallClock = ManualClock(at: start * 1000, movesByItself: true),
    change: (inout AWSSession.Settings) -> Void = { _ in }
  ) -> AWSSession {
    // The session keeps the folder as long as itself.
    var settings = AWSSession.Settings(
      environment: environment, homeFolder: home?.path ?? "/nonexistent",
      random: { withExtendedLifetime(home) { 0.5 } })
    change(&settings)
    return AWSSession(settings, clock: clock) {
      HTTPClient(HTTPClient.Settings(userAgent: "cutover-tests", proxies: .none))
    }
  }

  /// A home folder with the two files of AWS's configuration in it.
  static func home(config: String = "", credentials: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let path = folder.file(".aws")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try config.write(toFile: "\(path)/config", atomically: true, encoding: .utf8)
    try credentials.write(toFile: "\(path)/credentials", atomically: true, encoding: .utf8)
    return folder
  }
}
