internal import Commands
internal import JSON
internal import Resources

/// How records of migrations look as items of a table.
enum RegistryLayout: String, Sendable, CaseIterable, ArgumentValue {
  /// Ours: any number of environments share a table.
  case cutover
  /// The table of amplify-data-migration: `action` and `timestamp`, and the name as a label.
  case amplify
  /// The deploy table of EF-CMS: `pk` and `sk` are `migration|` and the name of a script.
  case efcms

  /// The key of a table that is made for it; the old tools have made theirs.
  var keys: [TableDescription.Attribute] {
    switch self {
    case .cutover:
      [
        .init(name: "environment", type: "S", isRequired: true),
        .init(name: "migration", type: "S", isRequired: true),
      ]
    case .amplify:
      [
        .init(name: "action", type: "S", isRequired: true),
        .init(name: "timestamp", type: "N", isRequired: true),
      ]
    case .efcms:
      [
        .init(name: "pk", type: "S", isRequired: true),
        .init(name: "sk", type: "S", isRequired: true),
      ]
    }
  }

  func item(for record: MigrationRecord) throws(Failure) -> Item {
    let value: JSONValue
    switch self {
    case .cutover: value = Self.own(record)
    case .amplify: value = Self.amplify(record)
    case .efcms: value = Self.efcms(record)
    }
    do {
      return Item(bytes: try ItemForm.canonical(value.compact()), isCanonical: true)
    } catch {
      throw .permanent(
        "the record of \(record.title) cannot be written as an item", hint: "Report this bug.")
    }
  }

  /// The record that an item holds; nil for an item that is no record of this environment.
  func record(
    in item: Item, environment: String, at url: ResourceURL
  ) throws(Failure) -> MigrationRecord? {
    guard let value = try? JSONValue(reading: item.bytes) else {
      throw .permanent("\(url) holds an item that cannot be read", hint: "Look at it yourself.")
    }
    let fields = ItemFields(value, url)
    switch self {
    case .cutover: return try Self.own(fields, environment)
    case .amplify: return try Self.amplify(fields, environment)
    case .efcms: return try Self.efcms(fields, environment)
    }
  }

  /// What every item that we write says beside the layout's own attributes.
  private static func more(_ record: MigrationRecord) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("by", text(record.by)), .init("outcome", text(record.outcome.rawValue)),
    ]
    if let digest = record.digest { members.append(.init("digest", text(digest))) }
    if let rollout = record.rollout { members.append(.init("rollout", text(rollout))) }
    if !record.reason.isEmpty { members.append(.init("reason", text(record.reason))) }
    return members
  }

  private static func text(_ text: String) -> JSONValue { ["S": .string(text)] }
}

// MARK: Ours

extension RegistryLayout {
  private static func own(_ record: MigrationRecord) -> JSONValue {
    .object(
      [
        .init("environment", text(record.environment)), .init("migration", text(record.title)),
        .init("order", text(record.order.text)), .init("name", text(record.name)),
        .init("at", text(record.at.description)),
      ] + more(record))
  }

  private static func own(
    _ fields: ItemFields, _ environment: String
  ) throws(Failure) -> MigrationRecord? {
    guard try fields.text("environment").utf8.elementsEqual(environment.utf8) else { return nil }
    guard let order = MigrationOrder(try fields.text("order")) else {
      throw fields.unreadable("'order' is no number")
    }
    return try record(fields, environment, order, try fields.text("name"), at: "at")
  }

  private static func record(
    _ fields: ItemFields, _ environment: String, _ order: MigrationOrder, _ name: String,
    at moment: String
  ) throws(Failure) -> MigrationRecord {
    MigrationRecord(
      environment: environment, order: order, name: name, digest: fields.textIfAny("digest"),
      at: try fields.moment(moment), by: fields.textIfAny("by") ?? "",
      rollout: fields.textIfAny("rollout"),
      outcome: fields.textIfAny("outcome").flatMap { .init(rawValue: $0) } ?? .applied,
      reason: fields.textIfAny("reason") ?? "")
  }
}

// MARK: amplify-data-migration

extension RegistryLayout {
  /// The old tool looks at `action` and `timestamp` only, and keeps what it does not know.
  private static func amplify(_ record: MigrationRecord) -> JSONValue {
    .object(
      [
        .init("action", text("run")), .init("timestamp", ["N": .string(record.order.digits)]),
        .init("name", text(record.name)), .init("executedAt", text(record.at.description)),
      ] + more(record))
  }

  /// A table is of one backend only, and so of whatever environment asks; `export` records are not
  /// applied migrations.
  private static func amplify(
    _ fields: ItemFields, _ environment: String
  ) throws(Failure) -> MigrationRecord? {
    guard try fields.text("action") == "run" else { return nil }
    guard let order = MigrationOrder(try fields.number("timestamp")) else {
      throw fields.unreadable("'timestamp' is no whole number")
    }
    var record = try record(
      fields, environment, order, fields.textIfAny("name") ?? "", at: "executedAt")
    record.isNamedLoosely = true
    return record
  }
}

// MARK: EF-CMS

extension RegistryLayout {
  private static let prefix = "migration|"
  /// What the keys end with, also of scripts that were rewritten in TypeScript since.
  private static let suffix = ".js"

  private static func efcms(_ record: MigrationRecord) -> JSONValue {
    let key = text("\(prefix)\(record.order)-\(record.name)\(suffix)")
    return .object(
      [
        .init("pk", key), .init("sk", key), .init("createdAt", text(record.at.description)),
      ] + more(record))
  }

  /// A deploy table belongs to one environment and holds much else.
  private static func efcms(
    _ fields: ItemFields, _ environment: String
  ) throws(Failure) -> MigrationRecord? {
    guard let key = fields.textIfAny("pk"), key.utf8.starts(with: prefix.utf8),
      fields.textIfAny("sk")?.utf8.elementsEqual(key.utf8) == true
    else { return nil }
    var script = String(key.dropFirst(prefix.count))
    for ending in [suffix, ".ts"] where script.hasSuffix(ending) {
      script = String(script.dropLast(ending.count))
      break
    }
    guard let (order, name) = MigrationOrder.split(script, separators: "-_") else {
      throw fields.unreadable("'\(key)' is not the name of a migration")
    }
    return try record(fields, environment, order, name, at: "createdAt")
  }
}
