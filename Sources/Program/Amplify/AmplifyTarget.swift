internal import Commands
internal import JSON
internal import Resources

/// How a family of commands is told which backend is meant.
protocol AmplifyTarget: Sendable {
  init()
  static var fields: [Field<Self>] { get }
  /// The words that its commands begin with.
  static var path: [String] { get }
  /// Options that stand for a backend in examples.
  static var sample: [String] { get }
  /// The same options as words, for the command that is worth typing next.
  var words: [String] { get }
  func backend(in context: Context) throws -> AmplifyBackend
}

/// A branch of an app, named by options.
struct AmplifyBranch: AmplifyTarget {
  var app = ""
  var branch = ""

  static let fields: [Field<Self>] = [
    .option("appId", \.app, "id", "The app of Amplify.", required: true),
    .option("branch", \.branch, "name", "Its branch.", required: true),
  ]
  static let path = ["amplify"]
  static let sample = ["--appId", "d1a2", "--branch", "main"]

  var words: [String] { ["--appId", app, "--branch", branch] }

  func backend(in context: Context) throws -> AmplifyBackend {
    AmplifyBackend(kind: .branch, namespace: app, name: branch)
  }
}

/// A sandbox of the package in the working folder.
struct AmplifySandbox: AmplifyTarget {
  var identifier: String?

  static let fields: [Field<Self>] = [
    .option(
      "identifier", \.identifier, "name", "The sandbox; that of your login name if left out.")
  ]
  static let path = ["amplify", "sandbox"]
  static let sample: [String] = []

  var words: [String] { identifier.map { ["--identifier", $0] } ?? [] }

  private static let file = "package.json"

  func backend(in context: Context) throws -> AmplifyBackend {
    let package = try? JSONValue(reading: try InputFile.read(Self.file, noun: Self.file))
    guard let name = package?["name"]?.string, !name.isEmpty else {
      throw Refusal(
        .badInput, "the working folder has no \(Self.file) that says a name",
        hint: "Run it in the folder of the package whose sandbox is meant.")
    }
    return AmplifyBackend(
      kind: .sandbox, namespace: name,
      name: identifier ?? Operator.loginName(environment: context.wiring.environment))
  }
}
