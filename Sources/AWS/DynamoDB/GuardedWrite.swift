import JSON
import Resources

/// A write that happens only where an item is still the one that was read.
struct GuardedWrite: Sendable {
  /// One request to DynamoDB.
  struct Request: Sendable {
    let operation: String
    let body: [UInt8]
  }

  let key: ItemKey
  /// In canonical form, as is `new`.
  let former: [UInt8]
  /// What takes its place; nil removes it.
  let new: [UInt8]?

  init(
    _ key: ItemKey, _ former: Item, _ new: Item?, _ url: ResourceURL
  ) throws(Failure) {
    self.key = key
    do throws(JSONScanner.Malformed) {
      self.former = try ItemForm.canonical(former.bytes)
      self.new =
        if let new { try ItemForm.canonical(new.bytes) } else { nil }
    } catch {
      throw .permanent(
        "\(url): what is to be written to \(key.text) is not DynamoDB JSON: \(error.expected) is "
          + "missing at byte \(error.offset)",
        hint: "Look at what produced it.")
    }
  }

  func request(of table: String, _ schema: KeySchema) -> Request {
    guard let new else {
      let condition = ItemCondition(former, without: former, schema)
      return Self.request("DeleteItem", table, "Key", key.bytes, condition, nil)
    }
    return replacing(former, with: new, of: table, schema)
  }

  /// Makes of what the write has left again what it found: `old`, which had attributes besides.
  func takingBack(_ old: [UInt8], of table: String, _ schema: KeySchema) -> Request {
    guard let new else {
      return Self.request("PutItem", table, "Item", old, ItemCondition(noneWith: schema), nil)
    }
    guard update(from: former, to: new, schema) != nil else {
      let condition = ItemCondition(new, without: old, schema)
      return Self.request("PutItem", table, "Item", old, condition, nil)
    }
    return replacing(new, with: former, of: table, schema)
  }

  /// An update that overwrites nothing but what its condition names; nil where that is too much.
  ///
  /// Both directions have the same attributes to name, so that what is done can be taken back alike.
  private func update(from one: [UInt8], to other: [UInt8], _ schema: KeySchema) -> ItemUpdate? {
    let conditions = [
      ItemCondition(one, without: other, schema), ItemCondition(other, without: one, schema),
    ]
    guard conditions.allSatisfy(\.guardsAll) else { return nil }
    guard ItemUpdate(from: other, to: one, schema) != nil else { return nil }
    return ItemUpdate(from: one, to: other, schema)
  }

  /// What a failed condition means; `there` is what has the key now.
  func outcome(of change: ItemChange, meeting there: [UInt8]?) -> WriteOutcome {
    if there == new { return WriteOutcome() }
    // Back again since it was compared: a matter of trying once more.
    if there == former { return WriteOutcome(unprocessed: [change]) }
    return hasArrived(in: there) ? WriteOutcome() : WriteOutcome(conflicts: [key])
  }

  /// Whether an update has come about, by a try whose answer was lost, and others added to it since.
  private func hasArrived(in there: [UInt8]?) -> Bool {
    guard let new, let there else { return false }
    let found = Dictionary(
      ItemAttributes.list(of: there).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let wanted = ItemAttributes.list(of: new)
    let names = Set(wanted.map(\.name))
    return wanted.allSatisfy { found[$0.name] == $0.value }
      && ItemAttributes.list(of: former).allSatisfy {
        names.contains($0.name) || found[$0.name] == nil
      }
  }

  /// An update of what differs; a whole item where that is more than an update holds.
  private func replacing(
    _ one: [UInt8], with other: [UInt8], of table: String, _ schema: KeySchema
  ) -> Request {
    let condition = ItemCondition(one, without: other, schema)
    guard let update = update(from: one, to: other, schema) else {
      return Self.request("PutItem", table, "Item", other, condition, nil)
    }
    return Self.request("UpdateItem", table, "Key", key.bytes, condition, update)
  }

  private static func request(
    _ operation: String, _ table: String, _ member: StaticString, _ object: [UInt8],
    _ condition: ItemCondition, _ update: ItemUpdate?
  ) -> Request {
    var body = RequestBody(room: object.count * 2 + 1024)
    body.raw("{\"TableName\":")
    body.string(table)
    body.raw(",\"")
    body.raw(member)
    body.raw("\":")
    body.raw(object)
    condition.write(to: &body, with: update)
    body.raw(",\"ReturnValues\":\"ALL_OLD\"")
    body.raw(",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}")
    return Request(operation: operation, body: body.bytes)
  }
}
