internal import Foundation
internal import JSON
internal import Resources

/// What was exported for one migration: the old tool's record, and what makes it safe beside.
///
/// Nothing of it is ever overwritten: another export of a model moves the former key aside.
struct AmplifyExports: Sendable, Equatable {
  struct Model: Sendable, Equatable {
    /// The key of the full export's summary.
    var key: String
    /// Nil in what the old tool wrote, which used the bucket of the backend.
    var bucket: String?
    var arn: String?
    var table: String?
    /// DynamoDB's own id of the table: one that was made anew has another.
    var tableID: String?
    /// The table's key, partition key first, as exports are told it: `id` or `author,title:N`.
    var keys: String?
    /// The moment up to which everything is in it, changes included.
    var until: Timestamp?
    var items: Int?
    /// The summaries of what changed since, in their order.
    var changes: [String] = []
    /// Keys of full exports that another one has taken the place of.
    var former: [String] = []
  }

  var order: MigrationOrder
  var name: String
  var at: Timestamp
  var models: [UTF8Key: Model] = [:]
  /// The rollouts whose exports are recorded.
  var rollouts: [String] = []
}

extension AmplifyExports {
  static let action = "export"
  private static let strategy = "PITR"

  var item: Item {
    get throws {
      var models = JSONValue.object([])
      for (name, model) in self.models { models[name.text] = Self.value(of: model) }
      let value: JSONValue = [
        "action": Self.text(Self.action), "timestamp": ["N": .string(order.digits)],
        "name": Self.text(name), "executedAt": Self.text(at.description),
        "exported": ["M": models], "rollouts": Self.list(rollouts),
      ]
      return Item(bytes: try ItemForm.canonical(value.compact()), isCanonical: true)
    }
  }

  private static func value(of model: Model) -> JSONValue {
    var map: JSONValue = ["strategy": text(strategy), "key": text(model.key)]
    let texts: [(String, String?)] = [
      ("bucket", model.bucket), ("exportArn", model.arn), ("tableName", model.table),
      ("tableId", model.tableID), ("keys", model.keys), ("until", model.until?.description),
    ]
    for (name, value) in texts { if let value { map[name] = text(value) } }
    if let items = model.items { map["items"] = ["N": .string("\(items)")] }
    if !model.changes.isEmpty { map["changes"] = list(model.changes) }
    if !model.former.isEmpty { map["former"] = list(model.former) }
    return ["M": map]
  }

  private static func text(_ text: String) -> JSONValue { ["S": .string(text)] }

  private static func list(_ texts: [String]) -> JSONValue {
    ["L": .array(texts.map { text($0) })]
  }

  /// Reads the record of a migration, also one that the old tool wrote.
  init(_ item: Item, of order: MigrationOrder, at url: ResourceURL) throws {
    let value = try JSONValue(reading: item.bytes)
    let fields = ItemFields(value, url)
    self.order = order
    name = fields.textIfAny("name") ?? ""
    at = try fields.moment("executedAt")
    rollouts = Self.texts(value["rollouts"])
    for member in value["exported"]?["M"]?.members ?? [] {
      guard let map = member.value["M"], let key = map["key"]?["S"]?.string else {
        throw fields.unreadable("'exported' names no key for \(member.name)")
      }
      var model = Model(key: key)
      model.bucket = map["bucket"]?["S"]?.string
      model.arn = map["exportArn"]?["S"]?.string
      model.table = map["tableName"]?["S"]?.string
      model.tableID = map["tableId"]?["S"]?.string
      model.keys = map["keys"]?["S"]?.string
      model.items = map["items"]?["N"]?.string.flatMap { Int($0) }
      if map["until"] != nil { model.until = try ItemFields(map, url).moment("until") }
      model.changes = Self.texts(map["changes"])
      model.former = Self.texts(map["former"])
      models[UTF8Key(member.name)] = model
    }
  }

  private static func texts(_ value: JSONValue?) -> [String] {
    (value?["L"]?.elements ?? []).compactMap { $0["S"]?.string }
  }
}

extension AmplifyExports.Model {
  private static let standardKeys = "id"
  private static let plain = CharacterSet.alphanumerics.union(.init(charactersIn: "-_.~/,:"))

  /// The export with all changes since, as a table to be read.
  func url(keys given: String?, standardBucket: String, at place: CloudPlace) -> String {
    func escaped(_ text: String) -> String {
      text.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? text
    }
    let items =
      [("keys", escaped(given ?? keys ?? Self.standardKeys))]
      + changes.map { ("then", "/\(escaped($0))") }
      + [("region", place.region), ("profile", place.profile)]
      .compactMap { item in item.1.map { (item.0, $0) } }
    return "export+s3://\(bucket ?? standardBucket)/\(escaped(key))"
      + AmplifySite.query(items.map { ($0.0, $0.1) })
  }
}

/// The records of exports in a backend's table.
struct AmplifyExportLog: Sendable {
  let site: AmplifySite

  func exports(for order: MigrationOrder) async throws -> AmplifyExports? {
    try await item(for: order).map { try AmplifyExports($0, of: order, at: site.tableURL) }
  }

  private func item(for order: MigrationOrder) async throws -> Item? {
    let key: JSONValue = [
      "action": ["S": .string(AmplifyExports.action)],
      "timestamp": ["N": .string(order.digits)],
    ]
    return try await site.table().items(for: [ItemKey(bytes: key.compact())]).first ?? nil
  }

  private static let triesMax = 8
  private static let pause: Duration = .milliseconds(100)

  /// Writes what `change` makes of the record, only while it is as it was read.
  func change(
    _ order: MigrationOrder, _ change: (inout AmplifyExports?) throws -> Void
  ) async throws {
    for _ in 0..<Self.triesMax {
      let former = try await item(for: order)
      var exports = try former.map { try AmplifyExports($0, of: order, at: site.tableURL) }
      try change(&exports)
      guard let item = try exports?.item else { return }
      let write = former.map { ItemChange.replace(former: $0, with: item) } ?? .insert(item)
      let outcome = try await site.table().write([write])
      if outcome.conflicts.isEmpty, outcome.unprocessed.isEmpty { return }
      try await site.context.wiring.clock.sleep(for: Self.pause)
    }
    throw Refusal(
      .held, "\(site.tableURL) did not take the record of an export",
      hint: "Others write to it, or it is throttled. Run the same command again.")
  }
}
