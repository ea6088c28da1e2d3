import Resources
import Testing

@testable import Program

@Suite("What is said of a command that has begun nothing")
struct ComplaintTests {
  @Test(
    "it is run again, since there is no step to retry and nothing to resume",
    arguments: [
      ("Mend it, then 'cutover retry'.", "Mend it, then run the same command again."),
      (
        "Look at it, then 'cutover retry lock'. See 'x'.",
        "Look at it, then run the same command again. See 'x'."
      ),
      (
        "Renew them, then carry on with 'cutover resume'.",
        "Renew them, then run the same command again."
      ),
      ("Carry on with 'cutover resume'.", "Run the same command again."),
      ("Name a table that is there.", "Name a table that is there."),
    ])
  func again(hint: String, told: String) {
    #expect(Failure.permanent("no", hint: hint).hintToRepeat == told)
  }
}
