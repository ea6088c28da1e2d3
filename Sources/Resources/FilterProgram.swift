/// A program that is asked line by line what becomes of each item, and all that it is given.
package struct FilterProgram: Sendable {
  package var argv: [String]
  /// The whole environment, with secrets revealed; nothing is inherited.
  package var environment: [String: String]
  /// Where it starts; nil for our own working folder.
  package var folder: String?
  /// What it is told that the items are from.
  package var table: String
  /// The names of the tables that it may write to; with one, answers need not say it.
  package var targets: [String]
  /// How long it may take from one answered item to the next.
  package var answerLimit: Duration
  /// What an item is called in messages: its key.
  package var name: @Sendable (Item) async -> String
  /// Takes each line that it writes to standard error.
  package var note: @Sendable (String) async throws(Failure) -> Void
  /// Strikes secrets out of what it writes.
  package var redact: @Sendable (String) -> String

  package init(
    argv: [String], environment: [String: String], folder: String?, table: String,
    targets: [String], answerLimit: Duration, name: @escaping @Sendable (Item) async -> String,
    note: @escaping @Sendable (String) async throws(Failure) -> Void,
    redact: @escaping @Sendable (String) -> String
  ) {
    self.argv = argv
    self.environment = environment
    self.folder = folder
    self.table = table
    self.targets = targets
    self.answerLimit = answerLimit
    self.name = name
    self.note = note
    self.redact = redact
  }
}
