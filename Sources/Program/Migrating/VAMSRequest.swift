internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

/// A migration of VAMS as a person asked for it: options, the old file, and the stack put together.
struct VAMSRequest {
  let migrations: VAMSMigrations
  let migration: VAMSMigration
  let options: VAMSOptions
  var profile: String?
  var region: String?
  var stack: String?
  var environment: String?
  var isDry = false
  var settings: [Assignment] = []

  /// The playbook that does it, with remarks for the person.
  func playbook(
    _ file: VAMSConfig, wiring: Wiring
  ) async throws -> (VAMSPlaybook, notes: [Line]) {
    let strangers = options.strangers(to: migration)
    guard strangers.isEmpty else {
      throw Refusal(
        .usage, "\(migration.name) has no use for \(strangers.joined(separator: ", "))",
        hint: "Leave it out, or name the migration that has.")
    }
    let config = options.over(file)
    let profile = profile.said ?? config.text("aws_profile")
    let region = try NamedRegion.find(
      region.said ?? config.text("aws_region"), wiring,
      hint: "Say --region, or 'aws_region' in the configuration file, or set AWS_REGION.")
    let shipped = try migrations.playbook(of: migration)
    var book = VAMSPlaybook(migration: migration, shipped: shipped)
    book.profile = profile
    book.environment = environment.said
    book.isDry = isDry || config.flag("dry_run")
    book.limit = config.count("limit").flatMap { $0 > 0 ? $0 : nil }
    book.values["region"] = .string(region)
    for key in migration.config {
      if let parameter = key.parameter, let value = config.values[key.name] {
        switch key.kind {
        case .text, .flag, .count: book.values[parameter] = value
        case .yes: book.values[parameter] = config.flag(key.name) ? "yes" : "no"
        }
      }
    }
    for (name, value) in try settings(of: shipped) { book.values[name] = value }
    let found = try await find(&book, region: region, wiring: wiring)
    try check(book)
    return (book, found + remarks(config, book))
  }

  /// What `--set` says, typed as the playbook's own value is.
  private func settings(of shipped: JSONValue) throws -> [(String, JSONValue)] {
    try settings.map { setting in
      let parameters = shipped["parameters"]?.members ?? []
      guard let declared = parameters.first(where: { $0.name.hasSameBytes(as: setting.name) })
      else {
        throw Refusal(
          .usage, "\(migration.name) has no parameter '\(setting.name)'",
          hint: "There are: \(parameters.map(\.name).joined(separator: ", ")).")
      }
      switch declared.value {
      case .bool:
        guard ["true", "false"].contains(setting.value) else {
          throw Refusal(.usage, "'\(setting.name)' is true or false", hint: "Mend --set.")
        }
        return (setting.name, .bool(setting.value == "true"))
      case .number:
        guard let number = Int(setting.value) else {
          throw Refusal(.usage, "'\(setting.name)' is a whole number", hint: "Mend --set.")
        }
        return (setting.name, .number("\(number)"))
      case .null, .string, .array, .object: return (setting.name, .string(setting.value))
      }
    }
  }

  /// Asks the stack for what nobody gave; what is optional and not there is left out.
  private func find(
    _ book: inout VAMSPlaybook, region: String, wiring: Wiring
  ) async throws -> [Line] {
    let missing = migration.find.filter { book.values[$0.parameter] == nil }
    var notes: [Line] = []
    var there: VAMSStack?
    if let stack = stack.said, !missing.isEmpty {
      there = try await VAMSStack.read(
        stack, region: region, profile: book.profile, wiring: wiring)
    }
    var lacking: [String] = []
    for place in missing {
      if let value = try there?.find(place.source) {
        book.values[place.parameter] = .string(value)
        notes.append("\(VAMSStack.noun(place.source)) is \(value, .strong)")
      } else if place.isOptional {
        book.omitted.insert(place.parameter)
        notes.append(
          Line(
            "No \(VAMSStack.noun(place.source)) is named: its steps are left out.", .warning))
      } else {
        lacking.append(VAMSStack.noun(place.source))
      }
    }
    guard lacking.isEmpty else {
      throw Refusal(
        .badInput,
        there == nil
          ? "\(migration.name) needs to know: \(lacking.joined(separator: ", "))"
          : "the stack \(stack ?? "") has no \(lacking.joined(separator: ", no "))",
        hint: "Name them by options or in the configuration file, or say --stack NAME to have them "
          + "found. Nothing was changed.")
    }
    return notes
  }

  private func check(_ book: VAMSPlaybook) throws {
    let lacking = (migration.required ?? []).filter { book.values[$0] == nil }
    guard lacking.isEmpty else {
      let keys = lacking.map { parameter in
        migration.config.first { $0.parameter == parameter }?.name ?? parameter
      }
      throw Refusal(
        .badInput, "\(migration.name) needs to know: \(keys.joined(separator: ", "))",
        hint: "Say it by its option or in the configuration file. Nothing was changed.")
    }
  }

  private func remarks(_ config: VAMSConfig, _ book: VAMSPlaybook) -> [Line] {
    var notes: [Line] = []
    if let size = config.count("batch_size"), size > Self.serviceBatch {
      notes.append(
        "A batch size of \(size) is fine: requests are never larger than the service takes.")
    }
    if book.limit != nil, !book.isDry, book.clearsIndexes {
      notes.append(
        Line(
          "With --limit the search indexes are not emptied: only a part would come back.", .warning)
      )
    }
    if book.isDry { notes.append("A dry run: it reads and reports, and writes nothing.") }
    return notes
  }

  /// The most items of one request, by the service.
  private static let serviceBatch = 25
}
