import JSON
import Resources

/// What `CreateTable` and the calls after it get for a described table, whatever store it is of.
struct TableMaking {
  var input: JSONValue
  /// The attribute by which items expire.
  var timeToLive: String?
  var pointInTimeRecovery = false

  init(_ description: TableDescription, named name: String, _ url: ResourceURL) throws(Failure) {
    if let text = description.definition, text.hasPrefix(TableFacts.definitionStart),
      let whole = try? JSONValue(reading: Array(text.utf8)), let made = whole["dynamodb"]
    {
      input = made
      timeToLive = whole["timeToLive"]?.string
      pointInTimeRecovery = whole["pointInTimeRecovery"]?.bool ?? false
    } else {
      input = try Self.plain(description, url)
    }
    input["TableName"] = .string(name)
  }

  /// An on-demand table with just the key, for what another kind of store described.
  private static func plain(
    _ description: TableDescription, _ url: ResourceURL
  ) throws(Failure) -> JSONValue {
    guard (1...2).contains(description.keys.count) else {
      throw .refused(
        "\(url): a key of \(description.keys.count) attributes cannot be made in DynamoDB",
        hint: "A table has a partition key and at most one sort key; give the pair a transform.")
    }
    var definitions: [JSONValue] = []
    var keys: [JSONValue] = []
    for (index, key) in description.keys.enumerated() {
      let name = JSONValue.string(key.name)
      definitions.append(["AttributeName": name, "AttributeType": .string(type(key.type))])
      keys.append(["AttributeName": name, "KeyType": index == 0 ? "HASH" : "RANGE"])
    }
    return [
      "AttributeDefinitions": .array(definitions), "KeySchema": .array(keys),
      "BillingMode": "PAY_PER_REQUEST",
    ]
  }

  /// The key type for the type of a column, by SQLite's rules of affinity.
  static func type(_ word: String) -> String {
    if ["S", "N", "B"].contains(word) { return word }
    let upper = word.uppercased()
    if upper.contains("INT") { return "N" }
    if ["CHAR", "CLOB", "TEXT"].contains(where: upper.contains) { return "S" }
    if upper.isEmpty || upper.contains("BLOB") { return upper.isEmpty ? "S" : "B" }
    return "N"
  }
}
