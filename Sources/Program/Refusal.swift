/// The end of a command that cannot do what it was asked to, with the exit code that says so.
struct Refusal: Error {
  let code: ExitCode
  let summary: String
  let hint: String

  init(_ code: ExitCode, _ summary: String, hint: String) {
    self.code = code
    self.summary = summary
    self.hint = hint
  }
}
