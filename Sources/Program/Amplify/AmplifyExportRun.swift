internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// Exports the models that pending migrations name, and records where the exports are.
struct AmplifyExportRun {
  /// What is done about models that were exported already.
  enum Repeat: Sendable {
    /// Nothing: their exports stay what they are.
    case keep
    /// What changed since is exported too.
    case changes
    /// All of it is exported again.
    case again
  }

  let place: AmplifyPlace
  let repeating: Repeat
  let allowed: [MigrationSurvey.Oddity]

  func run() async throws -> ExitCode {
    let survey = try await place.migrations.survey()
    try survey.check(allowing: allowed, place.migrations.folder)
    let pending = try survey.pending.compactMap(\.file).map { try AmplifyMigrationReader.read($0) }
      .filter { !$0.exports.isEmpty }
    guard !pending.isEmpty else {
      if !place.drive.isJSON {
        place.context.console.show("No pending migration exports a model; nothing was done.")
      }
      return .done
    }
    for migration in pending {
      let code = try await export(migration)
      guard code == .done else { return code }
    }
    return .done
  }

  private func export(_ migration: AmplifyMigration) async throws -> ExitCode {
    let file = migration.file
    try await record(migration)
    let there = try await place.log.exports(for: file.order)
    let mark = AmplifyMark(.export, file)
    let open = try await place.migrations.journal?.openRollout(in: place.migrations.environment)
    let isOpen = open.map { mark.isOf($0) } ?? false
    let isWanted = migration.exports.contains { there?.models[UTF8Key($0)] == nil }
    guard isWanted || isOpen || repeating != .keep else {
      place.tell(
        "\("✓", .good) \(file.title, .strong) is exported already, at "
          + "\(there.map { $0.at.description } ?? "") - nothing was overwritten", "kept", file)
      return .done
    }
    let code = try await place.run(.export, file) {
      let models = try await place.site.models()
      return try AmplifyPlaybook(
        migration: migration, backend: place.site.backend, models: models, bucket: place.bucket,
        place: place.site.place
      ).exporting(try await orders(migration, there, models))
    }
    guard code == .done else { return code }
    try await record(migration)
    try await report(file)
    return .done
  }

  // MARK: What is exported

  private static let spanMin: Duration = .seconds(15 * 60)
  private static let spanMax: Duration = .seconds(24 * 3600)

  private func orders(
    _ migration: AmplifyMigration, _ there: AmplifyExports?, _ models: AmplifyModels
  ) async throws -> [AmplifyPlaybook.Order] {
    var orders: [AmplifyPlaybook.Order] = []
    for model in migration.exports {
      let table = try await place.site.look(at: model, of: models)
      let id = "export-\(model)"
      guard let former = there?.models[UTF8Key(model)] else {
        orders.append(.init(model: model, table: table, id: id))
        continue
      }
      guard repeating != .keep else { continue }
      try check(table, is: former, model)
      if repeating == .again {
        orders.append(.init(model: model, table: table, isAgain: true, id: id))
        continue
      }
      let spans = try spans(since: former, of: model)
      for (index, span) in spans.enumerated() {
        orders.append(
          .init(model: model, table: table, span: span, id: "\(id)-changes-\(index + 1)"))
      }
    }
    return orders
  }

  /// Refuses a table that is not the one that was exported, or may not be.
  private func check(
    _ table: AmplifyTable, is former: AmplifyExports.Model, _ model: String
  ) throws {
    guard let known = former.tableID, let id = table.id, known.hasSameBytes(as: id) else {
      let known = former.tableID.map { "has the id \($0)" } ?? "has an id that nobody recorded"
      throw Refusal(
        .badInput,
        "the table of \(model) is not the one that was exported: that \(known), and "
          + "\(table.name) has \(table.id ?? "none")",
        hint: "A deployment has made it anew. What was exported stays as it is; import it with "
          + "'cutover amplify migrate'.")
    }
  }

  /// The time since the last export in parts that DynamoDB exports.
  private func spans(
    since former: AmplifyExports.Model, of model: String
  ) throws -> [(from: Timestamp, to: Timestamp?)] {
    guard let from = former.until else {
      throw Refusal(
        .badInput, "nobody recorded up to which moment \(model) was exported",
        hint: "The old tool did it. Export all of it again with --again.")
    }
    let now = place.context.wiring.clock.now()
    let length = now - from
    guard length >= Self.spanMin else {
      throw Refusal(
        .badInput,
        "\(model) was exported up to \(from), and DynamoDB exports changes of no less than 15 "
          + "minutes", hint: "Run the same command at \(from + Self.spanMin).")
    }
    let (whole, rest) = length.wholeMilliseconds.quotientAndRemainder(
      dividingBy: Self.spanMax.wholeMilliseconds)
    let count = whole + (rest > 0 ? 1 : 0)
    let part = Duration.milliseconds(length.wholeMilliseconds / count)
    var spans: [(from: Timestamp, to: Timestamp?)] = []
    var begin = from
    for index in 1...count {
      let end = begin + part
      spans.append((begin, index == count ? nil : end))
      begin = end
    }
    return spans
  }

  // MARK: Recording

  /// Records what the newest completed rollout has exported; one that is recorded is left alone.
  private func record(_ migration: AmplifyMigration) async throws {
    let file = migration.file
    guard let journal = place.migrations.journal,
      let rollout = try await place.newest(AmplifyMark(.export, file)),
      rollout.outcome == RolloutMachine.Outcome.completed.rawValue,
      let facts = AmplifyMark.facts(of: rollout)?.elements
    else { return }
    let loaded = try await LoadedRollout.load(
      rollout, from: journal, wiring: place.context.wiring)
    let now = place.context.wiring.clock.now()
    try await place.log.change(file.order) { exports in
      var all = exports ?? AmplifyExports(order: file.order, name: file.name, at: now)
      guard !all.rollouts.contains(rollout.id) else { return }
      for fact in facts {
        guard let step = fact["step"]?.string, let model = fact["model"]?.string else { continue }
        // A step that a person left out has exported nothing.
        guard let outputs = loaded.machine.step(step)?.report?.outputs, !outputs.isEmpty else {
          continue
        }
        try add(outputs, fact, to: &all.models[UTF8Key(model)])
      }
      all.rollouts.append(rollout.id)
      exports = all
    }
  }

  private func add(
    _ outputs: [String: String], _ fact: JSONValue, to model: inout AmplifyExports.Model?
  ) throws {
    let bucket = fact["bucket"]?.string ?? ""
    let beginning = "s3://\(bucket)/"
    guard let manifest = outputs["manifest"], manifest.hasPrefix(beginning) else {
      throw Refusal(
        .badInput, "the export \(outputs["export"] ?? "") names no manifest in \(bucket)",
        hint: "Report this bug.")
    }
    let key = String(manifest.dropFirst(beginning.count))
    let told = outputs["exports"].flatMap { try? JSONValue(reading: Array($0.utf8)) }
    let until = try told?.members?.first?.value["moment"].map { moment in
      try ItemFields(["until": ["S": moment]], place.site.tableURL).moment("until")
    }
    if fact["changes"] == .bool(true), var changed = model {
      changed.changes.append(key)
      changed.until = until
      model = changed
      return
    }
    let made = AmplifyExports.Model(
      key: key, bucket: bucket, arn: outputs["export"], table: fact["table"]?.string,
      tableID: fact["id"]?.string, keys: fact["keys"]?.string, until: until,
      items: outputs["items"].flatMap { Int($0) })
    guard let there = model else {
      model = made
      return
    }
    // Somebody else was quicker, or the table is another one by now: what is recorded stays.
    guard fact["again"] == .bool(true), there.tableID != nil, there.tableID == made.tableID else {
      model?.former.append(key)
      return
    }
    model = made
    model?.former = there.former + [there.key]
  }

  private func report(_ file: MigrationFile) async throws {
    guard let exports = try await place.log.exports(for: file.order) else { return }
    var models: JSONValue = .object([])
    for (name, model) in exports.models.sorted(by: { $0.key < $1.key }) {
      models[name.text] = .string(model.key)
      guard !place.drive.isJSON else { continue }
      let count = model.items.map { Words.count($0, "item") } ?? "items"
      let until = model.until.map { ", up to \($0)" } ?? ""
      if model.items == 0 {
        place.context.console.show(
          Line("\(name.text) was empty. Has its table been made anew already?", .warning))
      }
      place.context.console.show(
        "\("✓", .good) \(name.text, .strong): \(count)\(until) in \(model.key)")
    }
    place.tell(
      Line(
        "What is written from then on is in no export: 'cutover amplify export --changes' right "
          + "before the deployment brings the rest.", .warning), "exported", file,
      ["exported": models])
  }
}
