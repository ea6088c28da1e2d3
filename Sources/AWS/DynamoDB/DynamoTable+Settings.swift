import JSON
package import Resources

/// What a table has besides its items, key and indexes, which DynamoDB leaves out of a restore.
///
/// Source: "Restoring a table" in the developer guide.
extension DynamoTable {
  package func settings() async throws(Failure) -> TableSettings {
    guard let table = try await describe() else {
      throw .permanent("\(url) does not exist", hint: "Check the region, the name and the account.")
    }
    let subject: JSONValue = ["TableName": .string(name)]
    var settings = TableSettings()
    do throws(AWSFailure) {
      let expiry = try await value("DescribeTimeToLive", subject)["TimeToLiveDescription"]
      if ["ENABLED", "ENABLING"].contains(expiry?["TimeToLiveStatus"]?.string) {
        settings.timeToLive = expiry?["AttributeName"]?.string
      }
      let backups = try await value("DescribeContinuousBackups", subject)
      if let recovery = Self.recovery(backups) {
        settings.recoveryDays = recovery["RecoveryPeriodInDays"]?.integer ?? Self.daysDefault
      }
    } catch {
      throw error.failure(url)
    }
    let stream = table["StreamSpecification"]
    if stream?["StreamEnabled"]?.bool == true {
      settings.stream = stream?["StreamViewType"]?.string
    }
    settings.isProtected = table["DeletionProtectionEnabled"]?.bool == true
    settings.tags = try await tags(of: table)
    settings.others = Self.others(table)
    return settings
  }

  private static let daysDefault = 35

  /// What belongs to other services, or cannot be read off a table.
  private static func others(_ table: JSONValue) -> [String] {
    var lines = [
      "CloudWatch alarms, policies of IAM and of the table, and functions that its stream calls "
        + "go by the table's name: point them to the new one"
    ]
    if table["BillingModeSummary"]?["BillingMode"]?.string != "PAY_PER_REQUEST" {
      lines.append(
        "auto scaling of its capacity is not restored: register the new table as a target")
    }
    if table["Replicas"]?.elements?.isEmpty == false {
      lines.append("its replicas in other regions are not restored: add them again")
    }
    return lines
  }

  private func tags(of table: JSONValue) async throws(Failure) -> [String: String] {
    guard let full = table["TableArn"]?.string else { return [:] }
    var tags: [String: String] = [:]
    var next: String?
    repeat {
      var input: JSONValue = ["ResourceArn": .string(full)]
      if let next { input["NextToken"] = .string(next) }
      let reply: JSONValue
      do throws(AWSFailure) {
        reply = try await value("ListTagsOfResource", input)
      } catch {
        throw error.failure(url)
      }
      for tag in reply["Tags"]?.elements ?? [] {
        guard let key = tag["Key"]?.string, let value = tag["Value"]?.string else { continue }
        tags[key] = value
      }
      next = reply["NextToken"]?.string
      // A table has at most 50 tags.
    } while next != nil && tags.count <= 1000
    return tags
  }

  package func complete(with wanted: TableSettings) async throws(Failure) -> [String] {
    let there = try await settings()
    let subject: JSONValue = ["TableName": .string(name)]
    var done: [String] = []
    if let attribute = wanted.timeToLive, there.timeToLive == nil {
      let setting: JSONValue = ["Enabled": true, "AttributeName": .string(attribute)]
      try await change("UpdateTimeToLive", subject, ["TimeToLiveSpecification": setting])
      done.append("time to live by '\(attribute)'")
    }
    if let days = wanted.recoveryDays, there.recoveryDays == nil {
      var setting: JSONValue = ["PointInTimeRecoveryEnabled": true]
      if days != Self.daysDefault { setting["RecoveryPeriodInDays"] = JSONValue(days) }
      try await change(
        "UpdateContinuousBackups", subject, ["PointInTimeRecoverySpecification": setting])
      done.append("point-in-time recovery over \(days) days")
    }
    if let view = wanted.stream, there.stream == nil {
      let setting: JSONValue = ["StreamEnabled": true, "StreamViewType": .string(view)]
      try await change("UpdateTable", subject, ["StreamSpecification": setting])
      done.append("a stream with \(view), which is a new one with an ARN of its own")
    }
    done += try await addTags(wanted.tags, there.tags)
    if wanted.isProtected, !there.isProtected {
      try await change("UpdateTable", subject, ["DeletionProtectionEnabled": true])
      done.append("deletion protection")
    }
    return done
  }

  /// Tags of AWS's own, such as those of CloudFormation, cannot be given by anybody else.
  private func addTags(
    _ wanted: [String: String], _ there: [String: String]
  ) async throws(Failure) -> [String] {
    let missing = wanted.filter { !$0.key.hasPrefix("aws:") && there[$0.key] != $0.value }
      .sorted { $0.key.precedesInBytes($1.key) }
    guard !missing.isEmpty else { return [] }
    let tags = missing.map { tag -> JSONValue in
      ["Key": .string(tag.key), "Value": .string(tag.value)]
    }
    try await change(
      "TagResource", ["ResourceArn": .string(try await fullName())], ["Tags": .array(tags)])
    return ["\(missing.count) tags"]
  }

  private func change(
    _ operation: String, _ subject: JSONValue, _ setting: JSONValue
  ) async throws(Failure) {
    let input = JSONValue.object((subject.members ?? []) + (setting.members ?? []))
    try await waitUntilActive()
    try await settle { () async throws(AWSFailure) in _ = try await value(operation, input) }
  }

  /// Longer than DynamoDB takes for one change of a table.
  private static let settlingTriesMax = 150
  private static let settlingWait: Duration = .seconds(4)

  /// Calls until no other change of the table is in the way.
  func settle(_ call: () async throws(AWSFailure) -> Void) async throws(Failure) {
    for _ in 0..<Self.settlingTriesMax {
      do throws(AWSFailure) {
        try await call()
        return
      } catch {
        guard Self.changing.contains(error.code ?? "") else { throw error.failure(url) }
      }
      try await rest(Self.settlingWait)
    }
    throw .transient(
      "\(url) was being changed for too long", hint: "Look at it, then 'cutover retry'.")
  }
}
