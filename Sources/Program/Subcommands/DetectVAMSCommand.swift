internal import Commands
internal import JSON
internal import Resources

struct DetectVAMSCommand: Command {
  static let name = "detect"
  static let summary = "Say from the data which generation of VAMS a stack is at."
  static let discussion = """
    Reads the tables of a stack, or those that are named, and changes nothing. Two migrations were \
    called "2.2 to 2.3"; this tells which of them, if any, was here. Where the data of a stack are \
    of two generations it says so and does not guess: exit code 3.
    """
  static let fields: [Field<Self>] = [
    .option("stack", \.stack, "name", "The core stack, in which tables are found."),
    .options(
      "table", \.tables, "construct=name",
      "A table by its construct, such as AssetStorageTable; wins over the stack."),
    .option("region", \.region, "region", "Where they are; by default AWS_REGION."),
    .option("profile", \.profile, "name", "The AWS profile."),
    .option(
      "playbooks", \.playbooks, "folder", "Where the playbooks of migrations are.",
      completes: .files),
    .flag("json", \.isJSON, "The answer as a JSON object."),
  ]
  static let examples = [
    Example(
      "cutover migrate vams detect --stack vams-core-prod-us-east-1",
      "Says which migration comes next."),
    Example(
      "cutover migrate vams detect --table AssetStorageTable=prod-assets",
      "Looks at the assets only."),
  ]
  static let seeAlso = ["migrate vams"]

  var stack: String?
  var tables: [Assignment] = []
  var region: String?
  var profile: String?
  var playbooks: String?
  var isJSON = false

  func problem() -> String? {
    stack.said == nil && tables.isEmpty ? "say --stack or --table" : nil
  }

  func run(in context: Context) async throws -> Int32 {
    let wiring = context.wiring
    let region = try NamedRegion.find(region, wiring, hint: "Say --region, or set AWS_REGION.")
    let migrations = try VAMSMigrations.read(named: playbooks).all
    let others = migrations.flatMap { $0.evidence?.moved ?? [] }.flatMap { [$0.from, $0.to] }
    let names = try await names(VAMSSurvey.constructs + others, region, wiring)
    guard names["AssetStorageTable"] != nil else {
      throw Refusal(
        .badInput, "the table AssetStorageTable is not known",
        hint: "Name it: --table AssetStorageTable=NAME.")
    }
    let counts = try await VAMSSurvey(
      tables: names, others: others, region: region, profile: profile.said, wiring: wiring
    ).counts()
    let found = VAMSGeneration.of(counts, later: migrations)
    if isJSON {
      context.console.write(json(found, counts).text + "\n")
    } else {
      context.console.show(lines(found))
    }
    return (found.release == nil ? ExitCode.stuck : .done).rawValue
  }

  /// Physical names by construct.
  private func names(
    _ constructs: [String], _ region: String, _ wiring: Wiring
  ) async throws -> [String: String] {
    if let stranger = tables.first(where: { !constructs.contains($0.name) }) {
      throw Refusal(
        .usage, "'\(stranger.name)' tells nothing",
        hint: "Choose from \(constructs.joined(separator: ", ")).")
    }
    var names: [String: String] = [:]
    if let stack = stack.said {
      let there = try await VAMSStack.read(
        stack, region: region, profile: profile.said, wiring: wiring)
      for construct in constructs { names[construct] = try there.find(.table(construct)) }
    }
    for table in tables { names[table.name] = table.value }
    return names
  }

  private func lines(_ found: VAMSGeneration) -> [Line] {
    guard let release = found.release else {
      return [Line("cannot tell: \(found.because)", .warning)]
    }
    var lines: [Line] = ["\(release, .strong): \(found.because)"]
    if let next = found.next {
      lines.append("Next: \("cutover migrate vams \(next)", .strong)")
    }
    return lines
  }

  private func json(_ found: VAMSGeneration, _ counts: VAMSGeneration.Counts) -> JSONValue {
    var value: JSONValue = [
      "release": found.release.map { .string($0) } ?? .null,
      "because": .string(found.because),
      "next": found.next.map { .string($0) } ?? .null,
    ]
    value["assets"] = [
      "old": .number("\(counts.assets.old)"), "draft": .number("\(counts.assets.draft)"),
      "later": .number("\(counts.assets.later)"), "silent": .number("\(counts.assets.silent)"),
    ]
    return value
  }
}
