import Resources

/// The condition that an item is still the one that is known, as an expression of DynamoDB.
///
/// Every top-level attribute must be equal, by DynamoDB's own comparison: numbers by value, sets in
/// any order. Attributes that nobody knows of cannot be excluded so; whoever writes compares what
/// was replaced. An item with more attributes than an expression holds is named in part.
/// Sources: "Comparison operator and function reference", "Service, account, and table quotas".
struct ItemCondition {
  private static let expressionBytesMax = 4096
  private static let operatorsMax = 300
  /// `#299 = :299 AND ` and `attribute_not_exists(#299) AND `, the longest of their kinds.
  private static let equalityBytes = 16
  private static let absenceBytes = 32

  private var clauses: [String] = []
  private var names: [[UInt8]] = []
  private var values: [[UInt8]] = []
  private var byteCount = 0

  /// That nothing has this key.
  init(noneWith schema: KeySchema) {
    names = [ItemAttributes.quoted(schema.attributes[0].name)]
    clauses = ["attribute_not_exists(#0)"]
  }

  /// Whether it names every attribute in which the two images differ.
  private(set) var guardsAll = true

  /// That what is there has the attributes of `item`, and none that `other` has besides.
  ///
  /// Both are in canonical form. What differs comes first: nothing that is going to be overwritten
  /// should go unnamed.
  init(_ item: [UInt8], without other: [UInt8], _ schema: KeySchema) {
    let keys = Set(schema.attributes.map { ItemAttributes.quoted($0.name) })
    names = [ItemAttributes.quoted(schema.attributes[0].name)]
    clauses = ["attribute_exists(#0)"]
    byteCount = Self.absenceBytes
    let known = ItemAttributes.list(of: item).filter { !keys.contains($0.name) }
    let others = Dictionary(
      ItemAttributes.list(of: other).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let knownNames = Set(known.map(\.name))
    for (name, value) in known where others[name] != value { requireEqual(name, value) }
    for (name, _) in ItemAttributes.list(of: other)
    where !keys.contains(name) && !knownNames.contains(name) {
      guard hasRoom(Self.absenceBytes) else {
        guardsAll = false
        break
      }
      clauses.append("attribute_not_exists(#\(names.count))")
      names.append(name)
    }
    let differing = guardsAll
    for (name, value) in known where others[name] == value { requireEqual(name, value) }
    guardsAll = differing
  }

  private mutating func requireEqual(_ name: [UInt8], _ value: [UInt8]) {
    guard hasRoom(Self.equalityBytes) else {
      guardsAll = false
      return
    }
    clauses.append("#\(names.count) = :\(values.count)")
    names.append(name)
    values.append(value)
  }

  /// Each clause is one operator or function, and one `AND` stands before it.
  private mutating func hasRoom(_ more: Int) -> Bool {
    guard byteCount + more <= Self.expressionBytesMax,
      clauses.count * 2 + 2 <= Self.operatorsMax
    else { return false }
    byteCount += more
    return true
  }

  /// Adds itself as further members of a request, with what is to be changed if there is anything.
  func write(to body: inout RequestBody, with update: ItemUpdate?) {
    if let update, !update.expression.isEmpty {
      body.raw(",\"UpdateExpression\":\"")
      body.raw(update.expression)
      body.raw("\"")
    }
    body.raw(",\"ConditionExpression\":\"")
    body.raw(Array(clauses.joined(separator: " AND ").utf8))
    body.raw("\",\"ExpressionAttributeNames\":{")
    Self.write([("#", names), ("#u", update?.names ?? [])], to: &body)
    guard !values.isEmpty || update?.values.isEmpty == false else { return }
    body.raw(",\"ExpressionAttributeValues\":{")
    Self.write([(":", values), (":u", update?.values ?? [])], to: &body)
  }

  private static func write(
    _ lists: [(mark: String, texts: [[UInt8]])], to body: inout RequestBody
  ) {
    var isFirst = true
    for (mark, texts) in lists {
      for (index, text) in texts.enumerated() {
        body.raw(Array("\(isFirst ? "" : ",")\"\(mark)\(index)\":".utf8))
        body.raw(text)
        isFirst = false
      }
    }
    body.raw("}")
  }
}
