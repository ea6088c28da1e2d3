/// What to run, and within which bounds.
package struct Invocation: Sendable {
  /// The longest environment and argument list that Linux takes, less a page of its own.
  static let stringBytesMax = 128 << 10

  /// A path, or a bare name that is looked up in the `PATH` of `environment`.
  package var program: String
  /// The words after the program's own name.
  package var arguments: [String]
  /// The whole environment: nothing is inherited.
  package var environment: [String: String]
  /// Where the process starts; nil for the caller's own working folder.
  package var folder: String?
  package var input: [UInt8]
  /// The most that is kept of each output stream; of a longer one, the beginning and the end.
  package var outputBytesMax: Int
  /// A longer line of output comes in pieces of this size.
  package var lineBytesMax: Int
  /// How long the process may take; nil for as long as the task is not cancelled.
  package var timeLimit: Duration?
  /// How long the process group has between being asked to end and being killed.
  package var grace: Duration

  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String],
    folder: String? = nil, input: [UInt8] = [], outputBytesMax: Int = 256 << 10,
    lineBytesMax: Int = LineSplitter.lineBytesMax, timeLimit: Duration?,
    grace: Duration = .seconds(5)
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.folder = folder
    self.input = input
    self.outputBytesMax = outputBytesMax
    self.lineBytesMax = lineBytesMax
    self.timeLimit = timeLimit
    self.grace = grace
  }
}
