import Commands
import Harness
import Testing

@testable import Program

@Suite("The list of commands", .waiting)
struct CommandListTests {
  @Test("the table has no mistakes: every example parses, every help fits 80 columns")
  func sane() {
    #expect(CommandList.table.problems() == [])
  }

  @Test("every exit code has one meaning and stands in the table")
  func exitCodes() {
    let meanings = ExitCode.allCases.map(\.meaning)
    #expect(Set(meanings).count == meanings.count)
    #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 2, 3, 64, 65, 66, 70, 74, 75, 130])
    for code in ExitCode.allCases { #expect(ExitCode.table.contains(code.meaning)) }
  }

  @Test("a suggested command line can be copied into a shell")
  func quoting() {
    let next = NextCommand(journal: JournalOption(path: "my books/j.db"), environment: "it's")
    #expect(
      next("skip", "a b") == "cutover skip 'a b' --environment 'it'\\''s' --journal 'my books/j.db'"
    )
    #expect(NextCommand(journal: JournalOption())("retry", "copy-1.x") == "cutover retry copy-1.x")
  }
}
