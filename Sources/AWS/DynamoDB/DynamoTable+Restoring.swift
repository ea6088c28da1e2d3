import JSON
package import Resources

extension DynamoTable: TableRestoring {
  package func past() async throws(Failure) -> TablePast? {
    do throws(AWSFailure) {
      let reply = try await value("DescribeContinuousBackups", ["TableName": .string(name)])
      guard let recovery = Self.recovery(reply) else { return nil }
      return TablePast(
        earliest: recovery["EarliestRestorableDateTime"]?.moment,
        latest: recovery["LatestRestorableDateTime"]?.moment)
    } catch {
      throw error.failure(url)
    }
  }

  /// What stands there while the past is kept.
  static func recovery(_ reply: JSONValue) -> JSONValue? {
    let recovery = reply["ContinuousBackupsDescription"]?["PointInTimeRecoveryDescription"]
    return recovery?["PointInTimeRecoveryStatus"]?.string == "ENABLED" ? recovery : nil
  }

  package func beginRestore(from origin: TableOrigin) async throws(Failure) {
    if let table = try await describe() {
      try await check(table, madeOf: origin)
      return
    }
    let operation: String
    var input: JSONValue = ["TargetTableName": .string(name)]
    switch origin {
    case .backup(let id):
      operation = "RestoreTableFromBackup"
      input["BackupArn"] = .string(id)
    case .past(let source, let moment):
      operation = "RestoreTableToPointInTime"
      let (member, text) = try await sourceName(source)
      input[member] = .string(text)
      if let moment {
        input["RestoreDateTime"] = JSONValue(moment)
      } else {
        input["UseLatestRestorableTime"] = true
      }
    }
    do throws(AWSFailure) {
      _ = try await value(operation, input)
    } catch {
      let code = error.code ?? ""
      if code == "TableAlreadyExistsException" || code == "TableInUseException",
        let table = try await describe()
      {
        // Somebody, or a repeat of this very call, was faster.
        try await check(table, madeOf: origin)
        return
      }
      if Self.changing.contains(code) {
        throw .transient(
          error.failure(url).summary, hint: "What it is made of is being changed; tried again.")
      }
      throw error.failure(url)
    }
    forgetKey()
  }

  /// A table elsewhere is named in full, one beside this one by its name.
  private func sourceName(_ source: ResourceURL) async throws(Failure) -> (String, String) {
    let table = try DynamoTable(source, in: client.session, purpose: nil)
    if table.client.region == client.region { return ("SourceTableName", table.name) }
    return ("SourceTableArn", try await table.fullName())
  }

  /// The ARN, as DynamoDB tells it; throws if there is no table.
  func fullName() async throws(Failure) -> String {
    guard let table = try await describe(), let name = table["TableArn"]?.string else {
      throw .permanent("\(url) does not exist", hint: "Check the region, the name and the account.")
    }
    return name
  }

  private func check(_ table: JSONValue, madeOf origin: TableOrigin) async throws(Failure) {
    guard try isMade(table, of: origin) else {
      throw .refused(
        "\(url) is there already, and was not made of \(origin.text)",
        hint: "A restore always makes a new table: name one that does not exist yet.")
    }
  }

  /// Whether the summary that DynamoDB keeps of a restore names the origin.
  private func isMade(_ table: JSONValue, of origin: TableOrigin) throws(Failure) -> Bool {
    let summary = table["RestoreSummary"]
    switch origin {
    case .backup(let id):
      return summary?["SourceBackupArn"]?.string?.utf8.elementsEqual(id.utf8) == true
    case .past(let source, _):
      let name = source.path.dropFirst()
      return summary?["SourceBackupArn"] == nil
        && summary?["SourceTableArn"]?.string?.hasSuffix(":table/\(name)") == true
    }
  }

  package func isRestored() async throws(Failure) -> Bool {
    guard let table = try await describe() else {
      throw .permanent(
        "\(url) is gone: its restore failed, or somebody deleted it",
        hint: "Look into the console's list of events, then 'cutover retry'.")
    }
    let status = table["TableStatus"]?.string
    if status == "INACCESSIBLE_ENCRYPTION_CREDENTIALS" || status == "ARCHIVED" {
      throw .permanent("\(url) is \(status ?? "")", hint: "Mend that first, then 'cutover retry'.")
    }
    return status == "ACTIVE" && table["RestoreSummary"]?["RestoreInProgress"]?.bool != true
  }

  package func deleteRestored(from origin: TableOrigin) async throws(Failure) {
    guard let table = try await describe() else { return }
    try await check(table, madeOf: origin)
    if table["DeletionProtectionEnabled"]?.bool == true {
      try await waitUntilActive()
      try await settle { () async throws(AWSFailure) in
        _ = try await value(
          "UpdateTable", ["TableName": .string(name), "DeletionProtectionEnabled": false])
      }
    }
    try await delete()
  }
}

extension TableOrigin {
  /// For messages.
  var text: String {
    switch self {
    case .backup(let id): id
    case .past(let source, let moment): "\(source) \(moment.map { "as of \($0)" } ?? "as it was")"
    }
  }
}
