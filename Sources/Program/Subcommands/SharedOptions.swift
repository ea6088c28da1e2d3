internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

extension JournalOption {
  static let fields: [Field<Self>] = [
    .option("journal", \.path, "path", "Where progress is recorded.", completes: .files)
  ]
}

/// Who says something, as which role.
struct PersonOption: Sendable {
  var name: String?
  var role: String?

  static let fields: [Field<Self>] = [
    .option("as", \.name, "name", "Who says so; your login name if left out."),
    .option("role", \.role, "role", "The role in which you say it, as gates ask for."),
  ]

  func person(_ reason: String, in context: Context) -> Person {
    Person(name: login(in: context), role: role, reason: reason)
  }

  func login(in context: Context) -> String {
    name ?? Operator.loginName(environment: context.wiring.environment)
  }
}

/// Values for a playbook's parameters.
struct ParameterOptions: Sendable {
  var values: [Assignment] = []
  var file: String?

  static let fields: [Field<Self>] = [
    .options("set", letter: "s", \.values, "name=value", "Give a parameter another value."),
    .option(
      "parameters", letter: "p", \.file, "file", "A JSON5 file of parameter values.",
      completes: .files),
  ]

  /// The same options as words, for the command that is worth typing next.
  var words: [String] {
    (file.map { ["--parameters", $0] } ?? []) + values.flatMap { ["--set", $0.argument] }
  }

  /// Those of the file first, so that `--set` wins.
  func overrides() throws -> [ParameterOverride] {
    let given =
      try file.map {
        try ParameterOverride.read(try InputFile.read($0, noun: "parameter file"), file: $0)
      } ?? []
    return given + values.compactMap { ParameterOverride(argument: $0.argument) }
  }
}

/// Whose credentials reach the cloud.
struct CloudOptions: Sendable {
  var profile: String?

  static let fields: [Field<Self>] = [
    .option(
      "profile", \.profile, "name",
      "The AWS profile for all resources that name none of their own."
    )
  ]

  /// The same option as words, for the command that is worth typing next.
  var words: [String] { profile.map { ["--profile", $0] } ?? [] }
}

/// How much a rollout writes to one table, whatever its playbook allows besides.
struct WriteRateOption: Sendable {
  /// 0 takes the limit away.
  var unitsPerSecond: Int?

  private static let range = 0...1_000_000_000

  static let fields: [Field<Self>] = [
    .option(
      "max-write-rate", \.unitsPerSecond, "units",
      "The most to write to one table in a second (1 KB each).")
  ]

  var words: [String] { unitsPerSecond.map { ["--max-write-rate", "\($0)"] } ?? [] }

  /// The limit that is asked for; nil for none.
  var limit: Int? {
    get throws {
      guard let units = unitsPerSecond else { return nil }
      guard Self.range.contains(units) else {
        throw Refusal(
          .usage, "--max-write-rate is \(units), but must be in \(Self.range)",
          hint: "It counts units of 1 KB begun of an item; 0 takes the limit away.")
      }
      return units == 0 ? nil : units
    }
  }
}

/// How a rollout is driven by the commands that may become its driver.
struct DriveOptions: Sendable {
  var noWait = false
  var isJSON = false
  var takeOver = false
  var writeRate = WriteRateOption()

  static let fields: [Field<Self>] =
    [
      .flag("no-wait", \.noWait, "End at a gate instead of waiting for its answer."),
      .flag("json", \.isJSON, "One JSON object a line."),
      .flag(
        "take-over", \.takeOver,
        "Take the lease of a driver that cannot be looked at from here and fell silent."),
    ] + Field.shared(\.writeRate, WriteRateOption.fields)
}

extension Colour: ArgumentValue {}
