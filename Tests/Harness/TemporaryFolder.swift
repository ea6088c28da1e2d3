package import Foundation

/// A folder of one test's own, removed with everything in it when the test lets go of it.
package final class TemporaryFolder: Sendable {
  package let url: URL
  package var path: String { url.path }

  package init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("cutover-test-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file inside; the file need not exist.
  package func file(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Lends a folder that is removed when the closure returns.
  package static func with<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    return try await body(folder.path)
  }
}
