import Foundation
import Harness
import Resources
import Rollouts
import SQLite
import Testing

@testable import JournalStore

@Suite(.waiting) struct OpeningTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("journal.db")
  }

  /// Why the journal was not opened, and that nothing in the folder changed by trying.
  private func refusal(for access: SQLiteJournal.Access) async throws -> Failure? {
    let before = try contents()
    let error = await #expect(throws: JournalError.self) {
      _ = try await SQLiteJournal.open(path, for: access)
    }
    #expect(try contents() == before, "opening for \(access) changed the folder")
    guard case .storage(let failure) = error else { return nil }
    #expect(failure.summary.contains(path))
    #expect(!failure.hint.isEmpty)
    return failure
  }

  private func contents() throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      contents[name] = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
    }
    return contents
  }

  private func write(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test("a missing journal is made only when asked, with its folder, for its owner alone")
  func creating() async throws {
    #expect(try await refusal(for: .read)?.summary == "there is no journal at \(path)")
    #expect(try await refusal(for: .write)?.summary == "there is no journal at \(path)")
    let deep = folder.file("a/b/journal.db")
    let journal = try await SQLiteJournal.open(deep, for: .create)
    for suffix in ["", "-wal", "-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: deep + suffix)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
    }
    let parent = try FileManager.default.attributesOfItem(atPath: folder.file("a/b"))
    #expect(parent[.posixPermissions] as? Int == 0o700)
    await journal.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("a/b")).count == 1)
    _ = try await SQLiteJournal.open(deep, for: .create)
  }

  @Test("it is written with write-ahead logging and an fsync for each commit")
  func durable() async throws {
    let stage = try await Stage()
    let settings = try await stage.journal.database.use { connection in
      try ["journal_mode", "synchronous", "foreign_keys"].map {
        try connection.value("PRAGMA \($0)")
      }
    }
    #expect(settings == ["wal", 2, 1])
  }

  @Test("an empty file is a journal about to be made, as a crash may leave it")
  func empty() async throws {
    try write([])
    #expect(try await refusal(for: .read)?.summary == "\(path) holds no journal yet")
    let journal = try await SQLiteJournal.open(path, for: .write)
    #expect(try await journal.verify().damages == [])
  }

  @Test(
    "a file that is no database is refused and left alone",
    arguments: [
      SQLiteJournal.Access.create, .write, .read,
    ])
  func notADatabase(_ access: SQLiteJournal.Access) async throws {
    try write(Array(repeating: UInt8(ascii: "x"), count: 9000))
    #expect(try await refusal(for: access)?.summary.contains("not even a SQLite file") == true)
  }

  @Test(
    "another program's database is refused and left alone",
    arguments: [
      "CREATE TABLE t(a); INSERT INTO t VALUES (1);", "PRAGMA application_id = 7; VACUUM;",
      "PRAGMA user_version = 3; VACUUM;",
    ])
  func foreign(_ sql: String) async throws {
    #expect(try Tool.sqlite3(path, sql).status == 0)
    for access: SQLiteJournal.Access in [.create, .write, .read] {
      let failure = try await refusal(for: access)
      #expect(failure?.summary == "\(path) is a SQLite file of another program")
    }
  }

  @Test("a journal of a later version is refused and left alone")
  func newer() async throws {
    await (try SQLiteJournal.open(path, for: .create)).close()
    #expect(
      try Tool.sqlite3(path, "PRAGMA user_version = 99; PRAGMA journal_mode=DELETE").status == 0)
    for access: SQLiteJournal.Access in [.create, .write, .read] {
      let failure = try await refusal(for: access)
      #expect(failure?.summary.contains("later version of cutover (schema 99") == true)
    }
  }

  @Test("a journal cut short anywhere is refused or found damaged, never believed")
  func truncated() async throws {
    let stage = try await Stage()
    try await stage.complete("r1")
    await stage.journal.close()
    let whole = try Data(contentsOf: URL(fileURLWithPath: stage.path))
    for length in stride(from: 1, to: whole.count, by: 1777) {
      try write(Array(whole.prefix(length)))
      do {
        let journal = try await SQLiteJournal.open(path, for: .write)
        let audit = try await journal.verify()
        #expect(!audit.isSound, "cut at \(length) of \(whole.count)")
        await journal.close()
      } catch {
        guard case .storage = error else {
          Issue.record("cut at \(length): \(error)")
          return
        }
      }
      for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
  }

  /// All that a rollout is decided by.
  private static func content(_ journal: SQLiteJournal) async throws -> [String] {
    [
      "\(try await journal.environments())", "\(try await journal.rollouts(in: nil, limit: 9))",
      "\(try await journal.facts(of: "r1", after: 0, limit: 99))",
      "\(String(describing: try await journal.checkpoint(of: "switch", in: "r1")))",
    ]
  }

  @Test("a byte changed anywhere is refused, found damaged, or changes nothing", arguments: 0..<60)
  func flipped(_ number: Int) async throws {
    let stage = try await Stage()
    try await stage.complete("r1")
    let content = try await Self.content(stage.journal)
    await stage.journal.close()
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: stage.path)))
    let used = bytes.indices.filter { bytes[$0] != 0 && $0 >= 100 }
    let place = used[used.count * number / 60]
    bytes[place] ^= 0x15
    try write(bytes)
    do {
      let journal = try await SQLiteJournal.open(path, for: .write)
      if try await journal.verify().isSound {
        #expect(try await Self.content(journal) == content, "byte \(place) was changed")
      }
    } catch let error as JournalError {
      #expect(!error.failure.hint.isEmpty)
    }
  }

  @Test("a folder in the place of the file is refused")
  func folderInPlace() async throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    for access: SQLiteJournal.Access in [.create, .write, .read] {
      #expect(try await refusal(for: access)?.summary.contains("cannot be opened") == true)
    }
  }

  @Test("a journal that was moved away under a driver is not written any more")
  func moved() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    try FileManager.default.moveItem(atPath: stage.path, toPath: stage.path + ".old")
    let error = await #expect(throws: JournalError.self) {
      try await stage.append(.crossed(step: "a"), lease: lease)
    }
    #expect(error?.failure.summary.contains("was moved, replaced or removed") == true)
  }

  @Test("many processes' first openings at once make one sound journal")
  func racing() async throws {
    let path = path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { await (try SQLiteJournal.open(path, for: .create)).close() }
      }
      try await group.waitForAll()
    }
    #expect(try await SQLiteJournal.open(path, for: .write).verify().damages == [])
  }
}
