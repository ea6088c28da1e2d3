import Foundation

/// A folder of a test's own, removed when the closure returns.
package enum TemporaryFolder {
  package static func with<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "cutover-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path())
  }
}
