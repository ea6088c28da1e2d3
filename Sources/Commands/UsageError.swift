/// A command line that cannot be understood; nothing has been done.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  /// The exit status of a usage error, EX_USAGE of sysexits.
  package static let exitStatus: Int32 = 64

  /// What is wrong, as a phrase that begins in lower case.
  package let problem: String

  /// The command line that explains what would be right.
  package let help: String

  package init(problem: String, help: String) {
    self.problem = problem
    self.help = help
  }

  package var description: String { "\(problem)\nTry: \(help)" }
}
