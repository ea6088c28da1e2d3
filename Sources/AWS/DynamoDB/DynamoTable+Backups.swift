import JSON
package import Resources

extension DynamoTable: TableBackingUp {
  /// Pages of a listing that may follow one another.
  private static let pagesMax = 1000

  package func backup(named name: String) async throws(Failure) -> TableBackup? {
    var newest: (backup: TableBackup, made: Timestamp)?
    var start: String?
    for _ in 0..<Self.pagesMax {
      var input: JSONValue = ["TableName": .string(self.name), "BackupType": "USER"]
      if let start { input["ExclusiveStartBackupArn"] = .string(start) }
      let reply: JSONValue
      do throws(AWSFailure) {
        reply = try await value("ListBackups", input)
      } catch {
        throw error.failure(url)
      }
      for summary in reply["BackupSummaries"]?.elements ?? []
      where summary["BackupName"]?.string?.utf8.elementsEqual(name.utf8) == true {
        guard let backup = TableBackup(summary) else { continue }
        let made = summary["BackupCreationDateTime"]?.moment ?? Timestamp(milliseconds: 0)
        if newest.map({ $0.made <= made }) ?? true { newest = (backup, made) }
      }
      start = reply["LastEvaluatedBackupArn"]?.string
      if start == nil { return newest?.backup }
    }
    throw .permanent(
      "\(url) has more backups than can be looked through",
      hint: "Delete old ones, then 'cutover retry'.")
  }

  /// Sent once: a second call would make a second backup, and cost twice.
  package func beginBackup(named name: String) async throws(Failure) -> TableBackup {
    let input: JSONValue = ["TableName": .string(self.name), "BackupName": .string(name)]
    do throws(AWSFailure) {
      let reply = try await client.json("CreateBackup", input, isRepeatable: false)
      guard let details = reply["BackupDetails"], let backup = TableBackup(details) else {
        throw AWSFailure(
          .malformed("it has no 'BackupDetails'"), operation: client.name("CreateBackup"))
      }
      return backup
    } catch {
      throw Self.changing.contains(error.code ?? "")
        ? .transient(
          error.failure(url).summary, hint: "The table is being changed; it is tried again.")
        : error.failure(url)
    }
  }

  package func backup(withID id: String) async throws(Failure) -> TableBackup? {
    do throws(AWSFailure) {
      let reply = try await value("DescribeBackup", ["BackupArn": .string(id)])
      guard let details = reply["BackupDescription"]?["BackupDetails"] else {
        throw AWSFailure(
          .malformed("it has no 'BackupDetails'"), operation: client.name("DescribeBackup"))
      }
      return TableBackup(details)
    } catch {
      if error.code == "BackupNotFoundException" { return nil }
      throw error.failure(id)
    }
  }

  package func deleteBackup(withID id: String) async throws(Failure) {
    do throws(AWSFailure) {
      _ = try await value("DeleteBackup", ["BackupArn": .string(id)])
    } catch {
      if error.code == "BackupNotFoundException" { return }
      throw error.code == "BackupInUseException"
        ? .transient(
          error.failure(id).summary, hint: "Something is being restored of it; it is tried again.")
        : error.failure(id)
    }
  }

  /// What passes when a change that is under way has ended.
  static let changing: Set<String> = [
    "BackupInUseException", "ContinuousBackupsUnavailableException", "ResourceInUseException",
    "TableInUseException",
  ]
}

extension TableBackup {
  /// Reads `BackupDetails` or a `BackupSummary`; nil for one that is gone.
  init?(_ value: JSONValue) {
    guard let id = value["BackupArn"]?.string, let name = value["BackupName"]?.string,
      let status = value["BackupStatus"]?.string, status != "DELETED"
    else { return nil }
    self.init(
      id: id, name: name, isReady: status == "AVAILABLE",
      byteCount: value["BackupSizeBytes"]?.integer.map { Int64($0) })
  }
}
