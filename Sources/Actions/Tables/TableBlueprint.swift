import JSON
import Resources

/// By what a table is made, without its items: the input of CreateTable and what is set after it.
///
/// Keys of KMS and the protection against deletion belong to one table and are left out.
struct TableBlueprint: Sendable {
  private static let copied = [
    "AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput",
    "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "StreamSpecification", "TableClass",
    "OnDemandThroughput", "SSESpecification", "Tags",
  ]

  /// CreateTable's input without the name.
  var input: JSONValue
  /// The attribute by which items expire.
  var timeToLive: String?
  var hasRecovery: Bool

  /// As a playbook or a plan writes it: CreateTable's members, `timeToLive`, `pointInTimeRecovery`.
  init(_ value: JSONValue, of step: String) throws(Failure) {
    input = [:]
    var value = value
    if value["BillingMode"] == nil, value["ProvisionedThroughput"] == nil {
      value["BillingMode"] = "PAY_PER_REQUEST"
    }
    for member in value.members ?? [] {
      switch member.name {
      case "timeToLive", "pointInTimeRecovery": break
      case let name where Self.copied.contains(name): input[name] = member.value
      case let name:
        throw .permanent(
          "step \(step): '\(name)' does not define a table",
          hint: "Write \(Self.copied.joined(separator: ", ")), timeToLive or pointInTimeRecovery.")
      }
    }
    guard input["KeySchema"]?.elements?.isEmpty == false,
      input["AttributeDefinitions"]?.elements?.isEmpty == false
    else {
      throw .permanent(
        "step \(step): the definition of the table has no key",
        hint: "Give it AttributeDefinitions and KeySchema, as CreateTable takes them.")
    }
    timeToLive = value["timeToLive"]?.string
    hasRecovery = value["pointInTimeRecovery"]?.bool ?? false
  }

  /// As it reads itself again.
  var value: JSONValue {
    var value = input
    if let timeToLive { value["timeToLive"] = .string(timeToLive) }
    if hasRecovery { value["pointInTimeRecovery"] = true }
    return value
  }

  /// That of a table that is there; nil where it went away meanwhile.
  static func of(
    _ table: RegionalTable, _ state: RegionalTable.State
  ) async throws(Failure) -> TableBlueprint {
    let subject: JSONValue = ["TableName": .string(table.name)]
    let expiry = try await table.service.ask("DescribeTimeToLive", subject, about: table.title)
    let backups = try await table.service.ask(
      "DescribeContinuousBackups", subject, about: table.title)
    return TableBlueprint(
      table: state.value, timeToLive: Self.expiryAttribute(expiry), hasRecovery: recovers(backups))
  }

  static func expiryAttribute(_ answer: JSONValue) -> String? {
    let told = answer["TimeToLiveDescription"]
    guard ["ENABLED", "ENABLING"].contains(told?["TimeToLiveStatus"]?.string) else { return nil }
    return told?["AttributeName"]?.string
  }

  static func recovers(_ answer: JSONValue) -> Bool {
    answer["ContinuousBackupsDescription"]?["PointInTimeRecoveryDescription"]?[
      "PointInTimeRecoveryStatus"]?.string == "ENABLED"
  }

  private init(table: JSONValue, timeToLive: String?, hasRecovery: Bool) {
    let isOnDemand = table["BillingModeSummary"]?["BillingMode"]?.string == "PAY_PER_REQUEST"
    var input: JSONValue = [
      "AttributeDefinitions": table["AttributeDefinitions"] ?? [],
      "KeySchema": table["KeySchema"] ?? [],
      "BillingMode": isOnDemand ? "PAY_PER_REQUEST" : "PROVISIONED",
    ]
    func units(_ owner: JSONValue) -> JSONValue {
      let there = owner["ProvisionedThroughput"]
      return [
        "ReadCapacityUnits": there?["ReadCapacityUnits"] ?? 1,
        "WriteCapacityUnits": there?["WriteCapacityUnits"] ?? 1,
      ]
    }
    if !isOnDemand { input["ProvisionedThroughput"] = units(table) }
    for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
      guard let indexes = table[member]?.elements, !indexes.isEmpty else { continue }
      input[member] = .array(
        indexes.map { index in
          var made: JSONValue = [:]
          for name in ["IndexName", "KeySchema", "Projection"] { made[name] = index[name] }
          if !isOnDemand, member == "GlobalSecondaryIndexes" {
            made["ProvisionedThroughput"] = units(index)
          }
          return made
        })
    }
    if table["StreamSpecification"]?["StreamEnabled"]?.bool == true {
      input["StreamSpecification"] = table["StreamSpecification"]
    }
    if let tier = table["TableClassSummary"]?["TableClass"] { input["TableClass"] = tier }
    self.input = input
    self.timeToLive = timeToLive
    self.hasRecovery = hasRecovery
  }

  /// A line for the key and each index, sorted, so that two tables can be compared.
  private static func shape(_ value: JSONValue) -> [String] {
    var types: [String: String] = [:]
    for attribute in value["AttributeDefinitions"]?.elements ?? [] {
      types[attribute["AttributeName"]?.string ?? ""] = attribute["AttributeType"]?.string
    }
    func keys(_ owner: JSONValue) -> String {
      (owner["KeySchema"]?.elements ?? []).map { key in
        let name = key["AttributeName"]?.string ?? "?"
        return "\(name) \(types[name] ?? "?")"
      }.joined(separator: ", ")
    }
    var lines = ["key (\(keys(value)))"]
    for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
      for index in value[member]?.elements ?? [] {
        let projection = index["Projection"]?["ProjectionType"]?.string ?? "ALL"
        lines.append("index \(index["IndexName"]?.string ?? "?") (\(keys(index))) \(projection)")
      }
    }
    return lines.sorted()
  }

  /// How a table that is there differs in its key and indexes; nil where it does not.
  func difference(from table: JSONValue) -> String? {
    let wanted = Self.shape(input)
    let there = Self.shape(table)
    guard wanted != there else { return nil }
    return "it has \(there.joined(separator: "; ")) instead of \(wanted.joined(separator: "; "))"
  }
}
