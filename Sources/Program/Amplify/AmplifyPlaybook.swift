internal import JSON
internal import Resources

/// The playbooks that carry out one migration of one backend.
struct AmplifyPlaybook {
  /// What a rollout of a migration is for.
  enum Purpose: String, Sendable {
    case export
    case migrate
  }

  let migration: AmplifyMigration
  let backend: AmplifyBackend
  let models: AmplifyModels
  let bucket: String
  let place: CloudPlace

  /// What the environment of a dry run has behind its name.
  static let dryEnding = "-dry-run"

  private var title: String { migration.file.title }

  /// `facts` is kept in the journal for those who look at the rollout afterwards.
  private func book(
    _ purpose: Purpose, _ steps: [JSONValue], isDry: Bool = false, facts: JSONValue? = nil
  ) -> JSONValue {
    var parameters = AmplifyMark(purpose, migration.file).json
    if let facts { parameters[AmplifyMark.facts] = .string(facts.text) }
    return [
      "playbook": 1,
      "environment": .string(backend.names.environment + (isDry ? Self.dryEnding : "")),
      "description": .string("\(purpose.rawValue) \(title): \(backend.title)"),
      "parameters": parameters,
      "colors": ["blue": ["side": "before"], "green": ["side": "after"]],
      "steps": .array(steps),
    ]
  }

  // MARK: Exporting

  /// One export of one model.
  struct Order: Sendable {
    let model: String
    let table: AmplifyTable
    /// What changed in this span instead of everything.
    var span: (from: Timestamp, to: Timestamp?)?
    /// Whether it takes the place of a former export.
    var isAgain = false
    var id: String
  }

  func exporting(_ orders: [Order]) throws -> JSONValue {
    let target = try AmplifySite.url(bucket: bucket, at: place).text
    let steps = orders.map { order -> JSONValue in
      var with: JSONValue = [
        "tables": [.string(order.table.url.text)], "to": .string(target),
      ]
      if let span = order.span {
        with["changesFrom"] = .string(span.from.description)
        if let to = span.to { with["changesTo"] = .string(to.description) }
      }
      return [
        "id": .string(order.id), "title": .string("Export \(order.model)"),
        "uses": "tables.export", "after": [], "with": with,
      ]
    }
    let facts = orders.map { order -> JSONValue in
      [
        "step": .string(order.id), "model": .string(order.model),
        "changes": .bool(order.span != nil), "again": .bool(order.isAgain),
        "table": .string(order.table.name),
        "id": order.table.id.map { .string($0) } ?? .null, "keys": .string(order.table.keys),
        "bucket": .string(bucket),
      ]
    }
    return book(.export, steps, facts: .array(facts))
  }

  // MARK: Migrating

  /// More items than any table holds: a dry run names all that fail and stops at none.
  private static let allowedMax = 1_000_000_000

  /// How many items each step may reject in a real run.
  static func allowances(of migration: AmplifyMigration) -> [String: Int] {
    var found: [String: Int] = [:]
    for step in migration.steps where step.kind != .action {
      found[step.id] = step["rejects"]?.integer ?? 0
    }
    return found
  }

  func migrating(_ exports: AmplifyExports?, isDry: Bool, limit: Int?) throws -> JSONValue {
    let steps = try migration.steps.compactMap { step -> JSONValue? in
      switch step.kind {
      case .update, .put, .importing:
        var with = try input(of: step, exports)
        if let limit { with["limit"] = .number("\(limit)") }
        if isDry {
          with["dryRun"] = .bool(true)
          with["rejects"] = .number("\(Self.allowedMax)")
        }
        return [
          "id": .string(step.id), "title": step["title"] ?? .string(Self.title(of: step)),
          "uses": "tables.migrate", "with": with,
        ]
      case .action:
        guard !isDry else { return nil }
        let rest = try step.members.map {
          JSONValue.Member($0.name, try resolved($0.value, exports))
        }
        return .object([.init("id", .string(step.id)), .init("uses", .string(step.name))] + rest)
      }
    }
    return book(.migrate, steps, isDry: isDry)
  }

  private static func title(of step: AmplifyMigration.Step) -> String {
    switch step.kind {
    case .update: "Update the items of \(step.name)"
    case .put: "Make items of \(step.name)"
    case .importing: "Import \(step.name) from its export"
    case .action: step.name
    }
  }

  /// What stands beside a model's own table, and is not passed on as it is.
  private static let own = [
    "title", "existing", "collisions", "of", "keys", "from", "targets", "sql",
  ]

  private func input(
    of step: AmplifyMigration.Step, _ exports: AmplifyExports?
  ) throws -> JSONValue {
    let table = JSONValue.string(try models.url(of: step.name).text)
    var target: JSONValue = ["name": .string(step.name), "table": table]
    for name in ["existing", "collisions"] { if let value = step[name] { target[name] = value } }
    let more = try resolved(step["targets"] ?? .array([]), exports).elements ?? []
    let source: JSONValue =
      switch step.kind {
      case .update, .action: table
      case .put: try resolved(step["from"] ?? .null, exports)
      case .importing:
        .string(
          try url(
            ofExportOf: step["of"]?.string ?? step.name, keys: step["keys"]?.string, exports))
      }
    var with: JSONValue = ["from": source, "targets": .array([target] + more)]
    if let sql = step["sql"] {
      with["sql"] = sql.string.map { .array([.string($0)]) } ?? sql
    }
    for member in step.members where !Self.own.contains(member.name) {
      with[member.name] = try resolved(member.value, exports)
    }
    return with
  }

  private static let modelScheme = "model://"
  private static let exportScheme = "export://"

  /// The value with `model://Book` and `export://Book` in it turned into tables.
  private func resolved(_ value: JSONValue, _ exports: AmplifyExports?) throws -> JSONValue {
    switch value {
    case .string(let text) where text.hasPrefix(Self.modelScheme):
      return .string(try models.url(of: String(text.dropFirst(Self.modelScheme.count))).text)
    case .string(let text) where text.hasPrefix(Self.exportScheme):
      let model = String(text.dropFirst(Self.exportScheme.count))
      return .string(try url(ofExportOf: model, keys: nil, exports))
    case .array(let elements): return .array(try elements.map { try resolved($0, exports) })
    case .object(let members):
      return .object(try members.map { .init($0.name, try resolved($0.value, exports)) })
    case .null, .bool, .number, .string: return value
    }
  }

  private func url(
    ofExportOf model: String, keys: String?, _ exports: AmplifyExports?
  ) throws -> String {
    guard let exported = exports?.models[UTF8Key(model)] else {
      throw Refusal(
        .badInput, "\(title) imports \(model), of which no export is recorded",
        hint: "Name it under 'export' and run 'cutover amplify export' before the deployment that "
          + "replaces the table.")
    }
    return exported.url(keys: keys, standardBucket: bucket, at: place)
  }
}
