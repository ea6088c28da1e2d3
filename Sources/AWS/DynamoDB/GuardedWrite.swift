import JSON
import Resources

/// A write that happens only where an item is still the one that was read.
struct GuardedWrite: Sendable {
  let key: ItemKey
  /// In canonical form, as is `new`.
  let former: [UInt8]
  /// What takes its place; nil removes it.
  let new: [UInt8]?
  /// The same as it was given, to be written.
  private let bytes: [UInt8]?

  init(
    _ key: ItemKey, _ former: Item, _ new: Item?, _ url: ResourceURL
  ) throws(Failure) {
    self.key = key
    bytes = new?.bytes
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

  var operation: String { new == nil ? "DeleteItem" : "PutItem" }

  func body(of table: String, _ schema: KeySchema) -> [UInt8] {
    let condition = ItemCondition(former, without: new ?? former, schema)
    guard let bytes else { return Self.body(of: table, "Key", key.bytes, condition) }
    return Self.body(of: table, "Item", bytes, condition)
  }

  /// Puts `old`, which should not have been replaced or removed, where it was.
  func takingBack(_ old: [UInt8], of table: String, _ schema: KeySchema) -> [UInt8] {
    let condition =
      if let new {
        ItemCondition(new, without: old, schema)
      } else {
        ItemCondition(noneWith: schema)
      }
    return Self.body(of: table, "Item", old, condition)
  }

  /// What a failed condition means; `there` is what has the key now.
  func outcome(of change: ItemChange, meeting there: [UInt8]?) -> WriteOutcome {
    if there == new { return WriteOutcome() }
    // Back again since it was compared: a matter of trying once more.
    if there == former { return WriteOutcome(unprocessed: [change]) }
    return WriteOutcome(conflicts: [key])
  }

  private static func body(
    of table: String, _ member: StaticString, _ object: [UInt8], _ condition: ItemCondition
  ) -> [UInt8] {
    var body = RequestBody(room: object.count * 2 + 1024)
    body.raw("{\"TableName\":")
    body.string(table)
    body.raw(",\"")
    body.raw(member)
    body.raw("\":")
    body.raw(object)
    condition.write(to: &body)
    body.raw(",\"ReturnValues\":\"ALL_OLD\"")
    body.raw(",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}")
    return body.bytes
  }
}
