import Foundation
import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// A directory whose import job comes to an end only when it is told to.
private final class SlowDirectory: UserImporting {
  let base: MemoryUsers
  let begun = Mutex(0)
  let polls = Mutex(0)
  let isDone = Mutex(false)

  init() throws { base = MemoryUsers(try ResourceURL("memoryusers:///to")) }

  var url: ResourceURL { base.url }
  var slowdown: String? { nil }
  func description() async throws(Failure) -> UserDirectoryDescription? {
    try await base.description()
  }
  func create() async throws(Failure) {}
  func page(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<User> {
    try await base.page(after: position, limit: limit)
  }
  func user(named name: String) async throws(Failure) -> User? {
    try await base.user(named: name)
  }
  func users(named names: [String]) async throws(Failure) -> [User?] { names.map { _ in nil } }
  func add(_ users: [User]) async throws(Failure) -> [UserAddition] { users.map { _ in .added } }
  func remove(_ names: [String]) async throws(Failure) {}
  func importObstacle(to user: User) async throws(Failure) -> String? { nil }
  func prepareImport(
    of users: [User], name: String, role: String
  ) async throws(Failure) -> String { "job-1" }
  func beginImport(_ id: String) async throws(Failure) { begun.withLock { $0 += 1 } }

  func importState(_ id: String) async throws(Failure) -> UserImportState {
    let count = polls.withLock { count in
      count += 1
      return count
    }
    // A wait without an end would never tell.
    let phase: UserImportState.Phase =
      isDone.withLock { $0 } ? .succeeded : count < 100_000 ? .open : .failed
    return UserImportState(phase: phase, imported: 1, skipped: 0, failed: 0, message: "m")
  }
}

@Suite("users.copy and a job that does not end", .waiting)
struct UserImportLimitTests {
  @Test("an import job is waited for so long, and a retry waits for the same one")
  func endsWaiting() async throws {
    let folder = try TemporaryFolder()
    let site = MemorySite(folder: folder.path)
    let from = MemoryUsers(try ResourceURL("memoryusers:///from"))
    from.fill([User(name: "ada", attributes: [:])])
    let to = try SlowDirectory()
    try FileManager.default.createDirectory(
      atPath: folder.file("work"), withIntermediateDirectories: true)
    var copy = UserCopy(
      source: from, target: to, except: [], conflicts: .refuse, passwords: .importing, batch: 5,
      state: .frozen, folder: folder.file("work"))
    copy.role = "arn:aws:iam::1:role/r"
    copy.jobLimit = .seconds(3600)
    let start = site.clock.now()
    var state = UserCopyCheckpoint()
    let progress = Progress<UserCopyCheckpoint>(pace: site.pace, save: { _, _ in }, cross: {})
    do throws(Failure) {
      try await copy.runImport(CopyFiles(copy), &state, progress)
      Issue.record("the job never ends")
    } catch {
      #expect(error.isTransient)
      #expect(error.summary.contains("in vain for the import job job-1"), "\(error.summary)")
    }
    let waited = site.clock.now() - start
    #expect(waited > .seconds(3000) && waited <= .seconds(3600))
    #expect(state.imports?.job == "job-1")
    to.isDone.withLock { $0 = true }
    try await copy.runImport(CopyFiles(copy), &state, progress)
    #expect(state.imports?.isDone == true && state.imports?.imported == 1)
    #expect(to.begun.withLock { $0 } == 2)
  }

  @Test("the playbook says how long, and half a day is meant where it does not")
  func readsLimit() throws {
    let copy = UserCopy(
      source: MemoryUsers(try ResourceURL("memoryusers:///a")),
      target: MemoryUsers(try ResourceURL("memoryusers:///b")), except: [], conflicts: .refuse,
      passwords: .leave, batch: 5, state: .frozen, folder: "/nonexistent")
    #expect(copy.jobLimit == .seconds(12 * 3600))
    #expect(UsersCopy.inputs.contains { $0.name == "within" })
  }
}
