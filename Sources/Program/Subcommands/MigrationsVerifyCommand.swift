internal import Commands
internal import JSON
internal import Resources

struct MigrationsVerifyCommand: Command {
  static let name = "verify"
  static let summary = "Hold applied migrations against their files, ledgers and data once more."
  static let discussion = """
    Compares digests, looks whether the ledgers of their rollouts balance, and asks every step to \
    verify what it did as it did then. Where a step does not pass any more and a later migration \
    or rollout has changed the same table, that one is named and answers for the table: proof \
    belongs to the time of the run. Where nothing can be repeated, it says so.

    Ends with 0 when nothing failed, with 3 when something did, and with 2 when something could \
    not be told.
    """
  static let fields: [Field<Self>] =
    [
      .positional(
        "migration", \.migration, "Only this one: its title, name, order or file.",
        required: false),
      .flag("json", \.isJSON, "One JSON object a line."),
    ] + Field.shared(\.options, MigrationOptions.fields)
  static let examples = [Example("cutover migrations verify", "Looks at all that was applied.")]
  static let seeAlso = ["migrations list", "journal verify"]

  var migration: String?
  var isJSON = false
  var options = MigrationOptions()

  func run(in context: Context) async throws -> Int32 {
    let place = try await MigrationPlace.open(options, .read, in: context)
    let survey = try await place.survey()
    var entries = survey.entries.filter { !$0.isPending }
    if let migration {
      let entry = try survey.entry(named: migration)
      guard !entry.isPending else {
        throw Refusal(
          .usage, "\(entry.title) is pending; there is nothing to verify",
          hint: "Run it with '\(options.next("run"))'.")
      }
      entries = [entry]
    }
    let later = try await LaterChanges.read(survey.entries.compactMap(\.record), in: place)
    var worst = ExitCode.done
    for entry in entries {
      guard let record = entry.record else { continue }
      let proof = try await MigrationProof.of(record, entry.file, later, in: place)
      switch proof.verdict {
      case .passed: break
      case .failed: worst = .stuck
      case .inconclusive: if worst == .done { worst = .waiting }
      }
      if isJSON {
        context.console.write(proof.json.text + "\n")
      } else {
        context.console.show(proof.lines)
      }
    }
    if !isJSON {
      context.console.show(
        (entries.isEmpty ? ["Nothing was applied yet."] : []).next(options.next("list")))
    }
    return worst.rawValue
  }
}
