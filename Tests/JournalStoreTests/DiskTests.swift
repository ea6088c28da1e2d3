import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(
  .waiting,
  .enabled(if: MountedFolder.isPossible, "a file system of one's own takes the rights of root"))
struct DiskTests {
  private static func failure(_ error: JournalError?) -> Failure? {
    guard case .storage(let failure) = error else { return nil }
    return failure
  }

  @Test("a full disk is named, no fact is half written, and with room the rollout goes on")
  func full() async throws {
    let disk = try MountedFolder(kilobytes: 512)
    let path = disk.folder.file("journal.db")
    let journal = try await SQLiteJournal.open(path, for: .create)
    let lease = try await journal.acquire(
      "prod", as: Stage.holder, takingOver: nil, at: Stage.moment(0))
    try await journal.begin(
      Stage.rollout("r1"), fact: .started(by: Stage.person), lease: lease)
    let text = String(repeating: "filling ", count: 500)
    var written = 1
    var refusal: JournalError?
    while refusal == nil, written < 1000 {
      do {
        _ = try await journal.append(
          .noted(step: nil, text: text), to: "r1", at: Stage.moment(1), live: .green,
          answering: nil, lease: lease)
        written += 1
      } catch { refusal = error }
    }
    #expect(Self.failure(refusal)?.summary == "there is no room left for the journal \(path)")
    #expect(try await journal.facts(of: "r1", after: 0, limit: 1000).count == written)
    // A checkpoint is refused in the same words, and still nothing is damaged.
    let second = await #expect(throws: JournalError.self) {
      try await journal.save(
        checkpoint: text + text + text, of: "a", in: "r1", at: Stage.moment(1), lease: lease)
    }
    #expect(Self.failure(second)?.summary.contains("no room left") == true)
    #expect(try await journal.checkpoint(of: "a", in: "r1") == nil)

    let output = try Tool.run(["mount", "-o", "remount,size=4096k", disk.path])
    #expect(output.status == 0)
    let record = try await journal.append(
      .noted(step: nil, text: "room again"), to: "r1", at: Stage.moment(2), live: nil,
      answering: nil, lease: lease)
    #expect(record.sequence == written + 1)
    await journal.close()
    let audit = try await SQLiteJournal.open(path, for: .write).verify()
    #expect(audit.damages == [])
    #expect(audit.factCount == written + 1)
  }

  @Test("a disk without room for a first journal says so")
  func fullFromTheStart() async throws {
    let disk = try MountedFolder(kilobytes: 16)
    let error = await #expect(throws: JournalError.self) {
      _ = try await SQLiteJournal.open(disk.folder.file("journal.db"), for: .create)
    }
    #expect(Self.failure(error)?.summary.contains("no room left") == true)
  }

  @Test("where nothing can be written a journal is read, and writing is refused in words")
  func readOnly() async throws {
    let disk = try MountedFolder(kilobytes: 2048)
    let path = disk.folder.file("journal.db")
    let journal = try await SQLiteJournal.open(path, for: .create)
    let lease = try await journal.acquire(
      "prod", as: Stage.holder, takingOver: nil, at: Stage.moment(0))
    try await journal.begin(
      Stage.rollout("r1"), fact: .started(by: Stage.person), lease: lease)
    await journal.close()
    try disk.makeReadOnly()

    let reader = try await SQLiteJournal.open(path, for: .read)
    #expect(try await reader.facts(of: "r1", after: 0, limit: 9).count == 1)
    #expect(try await reader.verify().damages == [])
    for access: SQLiteJournal.Access in [.write, .create] {
      let error = await #expect(throws: JournalError.self) {
        let journal = try await SQLiteJournal.open(path, for: access)
        try await journal.renew(lease, at: Stage.moment(1))
      }
      #expect(
        Self.failure(error)?.summary.contains("cannot be written") == true,
        "\(access): \(String(describing: error))")
    }
    let missing = await #expect(throws: JournalError.self) {
      _ = try await SQLiteJournal.open(disk.folder.file("new/journal.db"), for: .create)
    }
    #expect(Self.failure(missing)?.summary.contains("cannot be made") == true)
  }
}
