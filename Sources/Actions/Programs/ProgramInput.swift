import Rollouts

/// A command line as a playbook has it: words, never a shell, and what its status means.
struct ProgramInput: Decodable, Sendable {
  var argv: [String]
  /// Statuses that mean success.
  var success: [Int]?
  /// Statuses that mean: try again later.
  var retry: [Int]?

  static let argv = InputField.required(
    "argv", .list(.string), "The program and its words; there is no shell.")
  static let success = InputField.optional(
    "success", .list(.integer(0...255)), "Exit statuses that mean success.", default: "[0]")

  static let fields: [InputField] = [
    argv, success,
    .optional(
      "retry", .list(.integer(0...255)), "Exit statuses that mean: try again later.",
      default: "[75]"),
  ]

  var successes: [Int] { success ?? [0] }
  /// By default what sysexits.h calls a temporary failure.
  var retries: [Int] { retry ?? [75] }
}

/// What all programs of a step share, as a playbook has it.
enum ProgramSurroundings {
  static let inheritDefault = ["PATH"]

  static func fields(timeLimit: String) -> [InputField] {
    [
      .optional(
        "environment", .map(.secretText), "Environment variables; nothing else is handed on."),
      .optional(
        "inherit", .list(.string), "Variables handed on from cutover's own environment.",
        default: "[\"PATH\"]"),
      .optional("folder", .string, "Where the program starts; by default where cutover did."),
      .optional(
        "timeLimit", .duration, "How long one run of a program may take.", default: timeLimit),
    ]
  }
}
