import JSON
import Resources

/// What DynamoDB says about a table, in lines that can be compared, and as a definition to make
/// another one by.
struct TableFacts: Sendable {
  let table: JSONValue
  let timeToLive: JSONValue?
  let backups: JSONValue?

  /// What a definition of ours begins with.
  static let definitionStart = "{\"dynamodb\":"

  func description(of url: ResourceURL) throws(Failure) -> TableDescription {
    let schema = try KeySchema(table, of: url)
    var description = TableDescription(
      keys: schema.attributes.map { .init(name: $0.name, type: $0.type, isRequired: true) },
      indexes: lines, definition: definition)
    description.roughItemCount = table["ItemCount"]?.integer
    description.roughByteCount = table["TableSizeBytes"]?.integer.map { Int64($0) }
    if !isOnDemand {
      description.writeUnitsPerSecond =
        table["ProvisionedThroughput"]?["WriteCapacityUnits"]?.integer
    }
    description.isProtected = table["DeletionProtectionEnabled"]?.bool
    description.leftOut = leftOut
    return description
  }

  private var isOnDemand: Bool {
    table["BillingModeSummary"]?["BillingMode"]?.string == "PAY_PER_REQUEST"
  }

  private var expiryAttribute: String? {
    let status = timeToLive?["TimeToLiveStatus"]?.string
    guard status == "ENABLED" || status == "ENABLING" else { return nil }
    return timeToLive?["AttributeName"]?.string
  }

  private var hasPointInTimeRecovery: Bool {
    backups?["PointInTimeRecoveryDescription"]?["PointInTimeRecoveryStatus"]?.string == "ENABLED"
  }

  /// One line for each index and option, sorted, so that two tables can be compared.
  private var lines: [String] {
    var lines: [String] = []
    for (member, word) in [
      ("GlobalSecondaryIndexes", "global index"), ("LocalSecondaryIndexes", "local index"),
    ] {
      for index in table[member]?.elements ?? [] { lines.append("\(word) \(Self.text(index))") }
    }
    let throughput = table["ProvisionedThroughput"]
    lines.append(
      isOnDemand
        ? "billing: on demand"
        : "billing: \(throughput?["ReadCapacityUnits"]?.integer ?? 0) read and "
          + "\(throughput?["WriteCapacityUnits"]?.integer ?? 0) write units")
    lines.append("time to live: \(expiryAttribute.map { "by \($0)" } ?? "off")")
    lines.append("point-in-time recovery: \(hasPointInTimeRecovery ? "on" : "off")")
    let stream = table["StreamSpecification"]
    let isStreaming = stream?["StreamEnabled"]?.bool == true
    lines.append("stream: \(isStreaming ? stream?["StreamViewType"]?.string ?? "on" : "off")")
    let isProtected = table["DeletionProtectionEnabled"]?.bool == true
    lines.append("deletion protection: \(isProtected ? "on" : "off")")
    let encryption = table["SSEDescription"]?["SSEType"]?.string
    lines.append("encryption: \(encryption == nil ? "key of DynamoDB" : "key of KMS")")
    if let tier = table["TableClassSummary"]?["TableClass"]?.string, tier != "STANDARD" {
      lines.append("class: \(tier)")
    }
    return lines.sorted { $0.precedesInBytes($1) }
  }

  /// What `definition` has no word for.
  ///
  /// DescribeTable tells neither tags nor what other services have set up for the table.
  private var leftOut: [String] {
    var left: [String] = []
    if let encryption = table["SSEDescription"], encryption["SSEType"]?.string == "KMS" {
      let key = encryption["KMSMasterKeyArn"]?.string.map { " (\($0))" } ?? ""
      left.append("the key of KMS\(key); DynamoDB's own key encrypts it")
    }
    if table["DeletionProtectionEnabled"]?.bool == true { left.append("deletion protection") }
    if table["Replicas"]?.elements?.isEmpty == false { left.append("replicas in other regions") }
    left.append("tags, a policy of its own, alarms and auto scaling, if there are any")
    return left
  }

  private static func text(_ index: JSONValue) -> String {
    let keys = (index["KeySchema"]?.elements ?? []).compactMap { $0["AttributeName"]?.string }
    let projection = index["Projection"]
    let others = (projection?["NonKeyAttributes"]?.elements ?? []).compactMap(\.string)
      .sorted { $0.precedesInBytes($1) }
    let what = projection?["ProjectionType"]?.string ?? "ALL"
    return "\(index["IndexName"]?.string ?? "?") (\(keys.joined(separator: ", "))) with \(what)"
      + (others.isEmpty ? "" : " " + others.joined(separator: ", "))
  }

  /// The input of `CreateTable` for a table like this one, with what is set after it.
  ///
  /// Keys of KMS belong to one account and region and are left out, and so is the protection against
  /// deletion, which would keep an undo from taking the copy away.
  private var definition: String {
    var input: JSONValue = [
      "AttributeDefinitions": table["AttributeDefinitions"] ?? [],
      "KeySchema": table["KeySchema"] ?? [],
      "BillingMode": isOnDemand ? "PAY_PER_REQUEST" : "PROVISIONED",
    ]
    if !isOnDemand { input["ProvisionedThroughput"] = units(of: table) }
    if let indexes = indexes("GlobalSecondaryIndexes", withUnits: !isOnDemand) {
      input["GlobalSecondaryIndexes"] = indexes
    }
    if let indexes = indexes("LocalSecondaryIndexes", withUnits: false) {
      input["LocalSecondaryIndexes"] = indexes
    }
    if let stream = table["StreamSpecification"] { input["StreamSpecification"] = stream }
    if let tier = table["TableClassSummary"]?["TableClass"] { input["TableClass"] = tier }
    var whole: JSONValue = ["dynamodb": input]
    if let expiryAttribute { whole["timeToLive"] = .string(expiryAttribute) }
    if hasPointInTimeRecovery { whole["pointInTimeRecovery"] = true }
    return whole.text
  }

  private func indexes(_ member: String, withUnits: Bool) -> JSONValue? {
    guard let there = table[member]?.elements, !there.isEmpty else { return nil }
    return .array(
      there.map { index in
        var made: JSONValue = [:]
        for name in ["IndexName", "KeySchema", "Projection"] { made[name] = index[name] }
        if withUnits { made["ProvisionedThroughput"] = units(of: index) }
        return made
      })
  }

  private func units(of owner: JSONValue) -> JSONValue {
    let there = owner["ProvisionedThroughput"]
    return [
      "ReadCapacityUnits": there?["ReadCapacityUnits"] ?? 1,
      "WriteCapacityUnits": there?["WriteCapacityUnits"] ?? 1,
    ]
  }
}
