import Foundation
import Harness
import Resources
import Testing

@testable import Program

@Suite("Secrets", .waiting)
struct SecretSourcesTests {
  @Test("a secret comes from the environment or from a file of one's own")
  func sources() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("key")
    try "s3cr3t-value\n".write(toFile: path, atomically: true, encoding: .utf8)
    chmod(path, 0o600)
    let secrets = SecretSources.standard(
      environment: ["KEY": "from-env"], clock: ManualClock())
    #expect(try await secrets.reveal("a ${secret:env:KEY} b") == "a from-env b")
    #expect(try await secrets.reveal("${secret:file:\(path)}") == "s3cr3t-value")
    #expect(secrets.redact("it was s3cr3t-value") == "it was [secret]")
  }

  @Test(
    "a file that others can read is refused, and nothing of it is told",
    arguments: [
      mode_t(0o640), 0o604, 0o660, 0o644,
    ])
  func permissions(mode: mode_t) async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("key")
    try "s3cr3t-value".write(toFile: path, atomically: true, encoding: .utf8)
    chmod(path, mode)
    let secrets = SecretSources.standard(environment: [:], clock: ManualClock())
    let failure = try await #require(throws: Failure.self) {
      try await secrets.reveal("${secret:file:\(path)}")
    }
    #expect(failure.kind == .refused)
    #expect(failure.hint.contains("chmod 600"))
    #expect(!"\(failure)".contains("s3cr3t"))
  }

  @Test("what is missing is told from what cannot be read")
  func missing() async throws {
    let folder = try TemporaryFolder()
    let secrets = SecretSources.standard(environment: [:], clock: ManualClock())
    let absent = await #expect(throws: Failure.self) {
      try await secrets.reveal("${secret:file:\(folder.file("none"))}")
    }
    #expect(absent?.summary.contains("is not set") == true)
    let wrong = await #expect(throws: Failure.self) {
      try await secrets.reveal("${secret:file:\(folder.path)}")
    }
    #expect(wrong?.summary.contains("is not a file") == true)
    await #expect(throws: Failure.self) { try await secrets.reveal("${secret:vault:x}") }
  }
}
