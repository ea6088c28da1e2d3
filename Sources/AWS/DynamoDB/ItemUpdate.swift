import Resources

/// What makes one image of an item out of another, as an update expression of DynamoDB.
///
/// It touches only the attributes that differ, so that others, which somebody may have added
/// meanwhile, stay. Nil where more differ than an expression holds.
/// Sources: "Update expressions", "Service, account, and table quotas".
struct ItemUpdate {
  private static let expressionBytesMax = 4096
  private static let operatorsMax = 300

  /// Those that are set, in the order of `values`, then those that are removed.
  private(set) var names: [[UInt8]] = []
  private(set) var values: [[UInt8]] = []
  /// Empty where nothing differs.
  let expression: [UInt8]

  /// Both images are in canonical form and have the same key.
  init?(from former: [UInt8], to new: [UInt8], _ schema: KeySchema) {
    let keys = Set(schema.attributes.map { ItemAttributes.quoted($0.name) })
    let old = Dictionary(
      ItemAttributes.list(of: former).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    var kept: Set<[UInt8]> = keys
    for (name, value) in ItemAttributes.list(of: new) where !keys.contains(name) {
      kept.insert(name)
      guard old[name] != value else { continue }
      names.append(name)
      values.append(value)
    }
    names += old.keys.filter { !kept.contains($0) }.sorted { $0.lexicographicallyPrecedes($1) }
    let set = values.indices.map { "#u\($0)=:u\($0)" }.joined(separator: ",")
    let removed = names.indices.dropFirst(values.count).map { "#u\($0)" }.joined(separator: ",")
    let clauses = [set.isEmpty ? "" : "SET \(set)", removed.isEmpty ? "" : "REMOVE \(removed)"]
    expression = Array(clauses.filter { !$0.isEmpty }.joined(separator: " ").utf8)
    guard expression.count <= Self.expressionBytesMax, names.count <= Self.operatorsMax else {
      return nil
    }
  }
}
