internal import JSON

/// A shipped migration of VAMS with what the person and the old file say filled in.
struct VAMSPlaybook {
  let migration: VAMSMigration
  /// The playbook as shipped.
  let shipped: JSONValue
  /// Values of its parameters.
  var values: [String: JSONValue] = [:]
  /// Parameters that nobody gave, whose steps are left out.
  var omitted: Set<String> = []
  var profile: String?
  var limit: Int?
  var isDry = false
  var environment: String?

  /// More items than any table holds: a dry run names all that fail and stops at none.
  private static let allowedMax = 1_000_000_000

  /// What the journal calls the migration; a dry run never stands in the way of a real one.
  var label: String {
    (environment ?? shipped["environment"]?.string ?? migration.name) + (isDry ? "-dry-run" : "")
  }

  var json: JSONValue {
    var book = shipped
    book["environment"] = .string(label)
    var parameters = shipped["parameters"] ?? .object([])
    for (name, value) in values where parameters[name] != nil { parameters[name] = value }
    if let profile, parameters["access"] != nil {
      parameters["access"] = .string("?profile=\(profile)")
    }
    if isDry, parameters["dryRun"] != nil { parameters["dryRun"] = .bool(true) }
    if keepsIndexes { for name in clearings { parameters[name] = .bool(false) } }
    for name in omitted { parameters[name] = nil }
    book["parameters"] = parameters
    book["steps"] = .array(steps)
    return book
  }

  private var steps: [JSONValue] {
    let kept = (shipped["steps"]?.elements ?? []).filter { !isLeftOut($0) }
    let ids = Set(kept.compactMap { $0["id"]?.string })
    return kept.map { step in
      var step = step
      if let after = step["after"]?.elements {
        step["after"] = .array(after.filter { $0.string.map(ids.contains) ?? true })
      }
      let with = changed(step["with"] ?? .object([]), of: step["uses"]?.string ?? "")
      step["with"] = shipped["parameters"]?["access"] == nil ? profiled(with) : with
      return step
    }
  }

  /// The parameters by which functions are told to empty the indexes.
  private var clearings: [String] {
    (shipped["steps"]?.elements ?? []).compactMap {
      Self.parameter(in: $0["with"]?["payload"]?[Self.clearing])
    }
  }

  /// Tables with the profile behind them, where the playbook has no place for one.
  private func profiled(_ value: JSONValue) -> JSONValue {
    guard let profile else { return value }
    switch value {
    case .string(let text) where text.hasPrefix("dynamodb://"):
      return .string(text + (text.contains("?") ? "&" : "?") + "profile=\(profile)")
    case .array(let elements): return .array(elements.map { profiled($0) })
    case .object(let members):
      return .object(members.map { .init($0.name, profiled($0.value)) })
    case .null, .bool, .number, .string: return value
    }
  }

  private func isLeftOut(_ step: JSONValue) -> Bool {
    let text = step["with"]?.text ?? ""
    if omitted.contains(where: { text.contains("${\($0)}") }) { return true }
    // The old scripts asked nobody; what they would have is taken back by a command.
    if Self.isGate(step) { return true }
    guard isDry else { return false }
    switch step["uses"]?.string {
    case "tables.migrate": return false
    case "lambda.invoke": return migration.dryRunInvokes != true
    case _: return true
    }
  }

  private static let clearing = "clear_indexes"

  private static func isGate(_ step: JSONValue) -> Bool { step["uses"]?.string == "gate.approval" }

  /// What a parameter of the playbook says now, if that is a text.
  func text(_ parameter: String) -> String? {
    guard !omitted.contains(parameter) else { return nil }
    return (values[parameter] ?? shipped["parameters"]?[parameter])?.string
  }

  /// Whether indexes are left as they are: a few items would not fill an emptied one again.
  private var keepsIndexes: Bool { isDry || limit != nil }

  /// Whether a whole run would have the search indexes emptied.
  var clearsIndexes: Bool {
    (shipped["steps"]?.elements ?? []).contains { step in
      resolved(step["with"]?["payload"]?[Self.clearing]) == .bool(true)
    }
  }

  /// How many items each step may reject in a real run.
  var allowances: [String: Int] {
    var found: [String: Int] = [:]
    for step in shipped["steps"]?.elements ?? [] where step["uses"]?.string == "tables.migrate" {
      guard let id = step["id"]?.string else { continue }
      found[id] = resolved(step["with"]?["rejects"])?.integer ?? 0
    }
    return found
  }

  /// The value, or that of the parameter that it is.
  private func resolved(_ value: JSONValue?) -> JSONValue? {
    guard let name = Self.parameter(in: value) else { return value }
    return values[name] ?? shipped["parameters"]?[name]
  }

  /// The parameter that a value is, as in `"${clear}"`.
  private static func parameter(in value: JSONValue?) -> String? {
    guard let text = value?.string, text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
    return String(text.dropFirst(2).dropLast())
  }

  private func changed(_ with: JSONValue, of action: String) -> JSONValue {
    var with = with
    switch action {
    case "tables.migrate":
      if let limit { with["limit"] = .number("\(limit)") }
      if isDry {
        with["dryRun"] = .bool(true)
        with["rejects"] = .number("\(Self.allowedMax)")
      }
    case "lambda.invoke":
      var payload = with["payload"] ?? .object([])
      if let limit { payload["limit"] = .number("\(limit)") }
      if isDry {
        // The function empties the indexes even in a dry run if it is told to.
        payload["dry_run"] = .bool(true)
        with["changes"] = .bool(false)
      }
      if keepsIndexes { payload[Self.clearing] = .bool(false) }
      with["payload"] = payload
    case _: break
    }
    return accounted(with)
  }

  /// With the profile wherever an account's region is said.
  private func accounted(_ value: JSONValue) -> JSONValue {
    guard let profile else { return value }
    switch value {
    case .array(let elements): return .array(elements.map { accounted($0) })
    case .object(let members):
      var object = JSONValue.object(members.map { .init($0.name, accounted($0.value)) })
      if object["region"] != nil, object["profile"] == nil { object["profile"] = .string(profile) }
      return object
    case .null, .bool, .number, .string: return value
    }
  }
}
