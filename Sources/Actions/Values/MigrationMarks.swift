import JSON
import Resources
import Rollouts

/// Where it is recorded which migrations have been applied, an item of a table for each.
struct MigrationMarks: Decodable, Sendable {
  /// Where an item stands; both are those of EF-CMS.
  enum Layout: String, Decodable, Sendable, CaseIterable {
    /// In the deploy table: `pk` and `sk` are both `migration|` and the name.
    case deploy
    /// In the data itself: `pk` is `migration`, `sk` is `migration|` and the name.
    case data
  }

  var table: ResourceURL
  var layout: Layout?

  static let field = InputField.required(
    "records",
    .object([
      .required("table", .resource(.table), "The table with the records.", uses: []),
      .optional(
        "layout", .choice(Layout.allCases.map(\.rawValue)),
        "Whether it is a deploy table (pk and sk are migration|NAME) or the data itself (pk is "
          + "migration).", default: Layout.deploy.rawValue),
    ]), "Where it is recorded which migrations have been applied.")

  func rights(writes: Bool) -> [StepRight] {
    [.operations(table, ["DescribeTable", "BatchGetItem"], isPlanned: true)]
      + (writes ? [.operations(table, ["PutItem", "DeleteItem"])] : [])
  }

  /// The names of those that are not recorded, in order; throws unless each answer is sure.
  func missing(of names: [String], in site: Site) async throws(Failure) -> [String] {
    guard !names.isEmpty else { return [] }
    let store = try site.table(table)
    var keys: [ItemKey] = []
    for name in names { keys.append(ItemKey(bytes: try bytes(key(name)))) }
    let found = try await store.items(for: keys)
    var missing: [String] = []
    for (name, item) in zip(names, found) {
      guard let item else {
        missing.append(name)
        continue
      }
      guard let value = try? JSONValue(reading: item.bytes),
        value["createdAt"]?["S"]?.string?.isEmpty == false
      else {
        throw .refused(
          "\(table): the record of \(name) cannot be read: it has no createdAt",
          hint: "Look at the item. Whether that migration was applied only a person can tell; put "
            + "the record right or delete it, then 'cutover retry \(site.step)'.")
      }
    }
    return missing
  }

  /// The record of one migration, always the same for the same moment.
  func item(_ name: String, at moment: Timestamp) throws(Failure) -> Item {
    var value = key(name)
    value["createdAt"] = ["S": .string(moment.description)]
    return Item(bytes: try bytes(value), isCanonical: true)
  }

  private func key(_ name: String) -> JSONValue {
    let sort = "migration|\(name)"
    return switch layout ?? .deploy {
    case .deploy: ["pk": ["S": .string(sort)], "sk": ["S": .string(sort)]]
    case .data: ["pk": ["S": "migration"], "sk": ["S": .string(sort)]]
    }
  }

  private func bytes(_ value: JSONValue) throws(Failure) -> [UInt8] {
    do {
      return try ItemForm.canonical(value.compact())
    } catch {
      throw .permanent("\(table): a record cannot be written as an item", hint: "Report this bug.")
    }
  }
}
