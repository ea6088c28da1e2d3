import JSON
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
    names = [Self.quoted(schema.attributes[0].name)]
    clauses = ["attribute_not_exists(#0)"]
  }

  /// That what is there has the attributes of `item`, and none that `other` has besides.
  ///
  /// Both are in canonical form.
  init(_ item: [UInt8], without other: [UInt8], _ schema: KeySchema) {
    let keys = Set(schema.attributes.map { Self.quoted($0.name) })
    names = [Self.quoted(schema.attributes[0].name)]
    clauses = ["attribute_exists(#0)"]
    byteCount = Self.absenceBytes
    let known = Self.attributes(of: item).filter { !keys.contains($0.name) }
    for (name, value) in known where hasRoom(Self.equalityBytes) {
      clauses.append("#\(names.count) = :\(values.count)")
      names.append(name)
      values.append(value)
    }
    let knownNames = Set(known.map(\.name))
    for (name, _) in Self.attributes(of: other)
    where !keys.contains(name) && !knownNames.contains(name) && hasRoom(Self.absenceBytes) {
      clauses.append("attribute_not_exists(#\(names.count))")
      names.append(name)
    }
  }

  /// Each clause is one operator or function, and one `AND` stands before it.
  private mutating func hasRoom(_ more: Int) -> Bool {
    guard byteCount + more <= Self.expressionBytesMax,
      clauses.count * 2 + 2 <= Self.operatorsMax
    else { return false }
    byteCount += more
    return true
  }

  /// Adds itself as further members of a request.
  func write(to body: inout RequestBody) {
    body.raw(",\"ConditionExpression\":\"")
    body.raw(Array(clauses.joined(separator: " AND ").utf8))
    body.raw("\",\"ExpressionAttributeNames\":")
    Self.write(names, "#", to: &body)
    guard !values.isEmpty else { return }
    body.raw(",\"ExpressionAttributeValues\":")
    Self.write(values, ":", to: &body)
  }

  private static func write(_ texts: [[UInt8]], _ mark: String, to body: inout RequestBody) {
    for (index, text) in texts.enumerated() {
      body.raw(Array("\(index == 0 ? "{" : ",")\"\(mark)\(index)\":".utf8))
      body.raw(text)
    }
    body.raw("}")
  }

  private static func quoted(_ name: String) -> [UInt8] { JSONValue.string(name).compact() }

  /// Names, in their quotes, and values of a canonical item.
  private static func attributes(of item: [UInt8]) -> [(name: [UInt8], value: [UInt8])] {
    let bytes = item.span
    var found: [(name: [UInt8], value: [UInt8])] = []
    var scanner = JSONScanner()
    do throws(JSONScanner.Malformed) {
      try scanner.enterObject(in: bytes)
      while let name = try scanner.nextMember(in: bytes) {
        let quoted = bytes.copy(name.range.lowerBound - 1..<name.range.upperBound + 1)
        found.append((quoted, bytes.copy(try scanner.skipValue(in: bytes))))
      }
    } catch {
      preconditionFailure("a canonical item is well formed")
    }
    return found
  }
}
