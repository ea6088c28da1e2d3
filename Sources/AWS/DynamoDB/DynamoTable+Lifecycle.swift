import JSON
package import Resources

extension DynamoTable {
  package func description() async throws(Failure) -> TableDescription? {
    guard let table = try await describe() else { return nil }
    let subject: JSONValue = ["TableName": .string(name)]
    let expiry: JSONValue?
    let backups: JSONValue?
    do throws(AWSFailure) {
      expiry = try await value("DescribeTimeToLive", subject)["TimeToLiveDescription"]
      backups = try await value("DescribeContinuousBackups", subject)[
        "ContinuousBackupsDescription"]
    } catch {
      // Removed since it was described.
      if Self.missingCodes.contains(error.code ?? "") { return nil }
      throw error.failure(url)
    }
    return try TableFacts(table: table, timeToLive: expiry, backups: backups).description(of: url)
  }

  private static let missingCodes: Set<String> = [
    "ResourceNotFoundException", "TableNotFoundException",
  ]

  /// The `Table` member of `DescribeTable`; nil only when DynamoDB says that there is none.
  func describe() async throws(Failure) -> JSONValue? {
    do throws(AWSFailure) {
      let reply = try await value("DescribeTable", ["TableName": .string(name)])
      guard let table = reply["Table"] else {
        throw AWSFailure(.malformed("it has no 'Table'"), operation: "dynamodb:DescribeTable")
      }
      return table
    } catch {
      if error.code == "ResourceNotFoundException" { return nil }
      throw error.failure(url)
    }
  }

  package func create(like description: TableDescription) async throws(Failure) {
    let making = try TableMaking(description, named: name, url)
    if try await describe() == nil {
      do throws(AWSFailure) {
        _ = try await value("CreateTable", making.input)
      } catch {
        // Somebody, or a repeat of this very call, was faster: looked at below.
        guard error.code == "ResourceInUseException" else { throw error.failure(url) }
      }
    }
    let table = try await waitUntilActive()
    try check(table, like: making)
    try await setOptions(making)
    forgetKey()
  }

  private func check(_ table: JSONValue, like making: TableMaking) throws(Failure) {
    var wanted: JSONValue = [:]
    for name in ["AttributeDefinitions", "KeySchema"] { wanted[name] = making.input[name] }
    let asked = try KeySchema(wanted, of: url).attributes
    let there = try KeySchema(table, of: url).attributes
    guard asked == there else {
      let text = { (key: [KeySchema.Attribute]) in
        key.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
      }
      throw .refused(
        "\(url) is there already with the key (\(text(there))) instead of (\(text(asked)))",
        hint: "Remove the table, or name another one.")
    }
  }

  private func setOptions(_ making: TableMaking) async throws(Failure) {
    let subject = JSONValue.string(name)
    do throws(AWSFailure) {
      if let attribute = making.timeToLive {
        let there = try await value("DescribeTimeToLive", ["TableName": subject])
        let status = there["TimeToLiveDescription"]?["TimeToLiveStatus"]?.string ?? "DISABLED"
        if status == "DISABLED" {
          let setting: JSONValue = ["Enabled": true, "AttributeName": .string(attribute)]
          _ = try await value(
            "UpdateTimeToLive", ["TableName": subject, "TimeToLiveSpecification": setting])
        }
      }
      if making.pointInTimeRecovery {
        _ = try await value(
          "UpdateContinuousBackups",
          [
            "TableName": subject,
            "PointInTimeRecoverySpecification": ["PointInTimeRecoveryEnabled": true],
          ])
      }
    } catch {
      throw error.failure(url)
    }
  }

  /// Removes item by item: a table that were made anew would lose its grants, alarms and streams.
  package func clear() async throws(Failure) {
    guard try await describe() != nil else { return }
    let schema = try await keySchema()
    var position: PagePosition?
    repeat {
      let page = try await keys(after: position, schema)
      position = page.next
      var left = page.elements.map { ItemChange.delete($0) }
      var tries = 0
      while !left.isEmpty {
        let outcome = try await write(left)
        tries = outcome.unprocessed.count < left.count ? 0 : tries + 1
        left = outcome.unprocessed
        guard !left.isEmpty else { break }
        guard tries < Self.idleTriesMax else {
          throw .transient(
            "\(url) did not take \(left.count) deletions in \(tries) tries",
            hint: "Give the table more write capacity, then carry on with 'cutover resume'.")
        }
        try await rest(.milliseconds(100) * (1 << tries))
      }
    } while position != nil
  }

  private static let idleTriesMax = 10

  private func keys(
    after position: PagePosition?, _ schema: KeySchema
  ) async throws(Failure) -> Page<ItemKey> {
    var body = RequestBody()
    body.raw("{\"TableName\":")
    body.string(name)
    body.raw(",\"ConsistentRead\":true,\"ProjectionExpression\":\"")
    body.raw(schema.attributes.count == 1 ? "#a0" : "#a0,#a1")
    body.raw("\",\"ExpressionAttributeNames\":{")
    for (index, attribute) in schema.attributes.enumerated() {
      body.raw(Array("\(index == 0 ? "" : ",")\"#a\(index)\":".utf8))
      body.string(attribute.name)
    }
    body.raw("}")
    if let position {
      body.raw(",\"ExclusiveStartKey\":")
      body.raw(Array(position.text.utf8))
    }
    body.raw("}")
    let page = try await believed("Scan", body.bytes, DynamoReply.scan)
    var keys: [ItemKey] = []
    for item in page.items { keys.append(try schema.key(of: item, in: url)) }
    return Page(
      keys, next: page.last.map { PagePosition(String(decoding: $0, as: UTF8.self)) })
  }

  package func delete() async throws(Failure) {
    let started = client.session.clock.now()
    forgetKey()
    while let table = try await describe() {
      guard table["DeletionProtectionEnabled"]?.bool != true else {
        throw .refused(
          "\(url) is protected against deletion",
          hint: "Take the protection off by hand if the table is really to go, then "
            + "'cutover retry'.")
      }
      if table["TableStatus"]?.string == "ACTIVE" {
        do throws(AWSFailure) {
          _ = try await value("DeleteTable", ["TableName": .string(name)])
        } catch {
          // Being made, changed or removed already: asked again below.
          let mayPass = ["ResourceInUseException", "ResourceNotFoundException"]
          guard mayPass.contains(error.code ?? "") else { throw error.failure(url) }
        }
      }
      guard try await describe() != nil else { return }
      try await restWhileChanging(since: started, "to be gone")
    }
  }

  private static let statesWaitMax: Duration = .seconds(1200)
  private static let statesWait: Duration = .seconds(2)

  @discardableResult
  func waitUntilActive() async throws(Failure) -> JSONValue {
    let started = client.session.clock.now()
    while true {
      if let table = try await describe() {
        let status = table["TableStatus"]?.string ?? ""
        if status == "ACTIVE" { return table }
        if ["INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED"].contains(status) {
          throw .permanent("\(url) is \(status)", hint: "Mend that first, then 'cutover retry'.")
        }
      }
      try await restWhileChanging(since: started, "to be ACTIVE")
    }
  }

  private func restWhileChanging(since started: Timestamp, _ what: String) async throws(Failure) {
    guard client.session.clock.now() - started < Self.statesWaitMax else {
      throw .transient(
        "waited \(Self.statesWaitMax) in vain for \(url) \(what)",
        hint: "Look at the table in the console, then 'cutover retry'.")
    }
    try await rest(Self.statesWait)
  }
}
