import Harness
import JournalStore
import Testing

@Suite(.waiting) struct JournalLawsTests {
  @Test("the journal in SQLite keeps the laws of journals, between connections")
  func sqlite() async throws {
    let stage = try await Stage()
    try await JournalLaws { try await stage.reopened() }.check()
    #expect(try await stage.journal.verify().damages == [])
  }

  @Test("the journal in memory, which other tests build upon, keeps the same laws")
  func memory() async throws {
    let journal = MemoryJournal()
    try await JournalLaws { journal }.check()
  }
}
