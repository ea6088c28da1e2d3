import JSON
package import Resources

/// Values as items of a DynamoDB table, one item a value: `dynamodb://region/table`.
///
/// The layout is that of EF-CMS's deploy table: `pk` and `sk` are both the key, and `current` holds
/// the value, S for words, BOOL for flags, N for numbers. Other items of the table are not touched,
/// nor are other attributes of an item. Reads are consistent, and comparing is the write's own
/// condition.
package struct DynamoValues: ValueStore {
  package let url: ResourceURL
  private let table: DynamoTable
  private let partition: String
  /// Nil for a table without a sort key.
  private let sort: String?
  private let attribute: String

  package var isAtomic: Bool { true }

  package init(_ url: ResourceURL, in session: AWSSession, purpose: String?) throws(Failure) {
    self.url = url
    table = try DynamoTable(url, in: session, purpose: purpose)
    partition = url.parameter("partition") ?? "pk"
    let sort = url.parameter("sort") ?? "sk"
    self.sort = sort.isEmpty ? nil : sort
    attribute = url.parameter("attribute") ?? "current"
  }

  package func value(of key: String, as type: ValueType) async throws(Failure) -> ValueAnswer {
    answer(try await item(key), type)
  }

  package func replace(
    _ key: String, _ type: ValueType, former: StoredValue?, with value: StoredValue?, again: Bool
  ) async throws(Failure) -> ValueReplacement {
    guard let value else { return try await remove(key, type, former, again) }
    var input: JSONValue = [
      "TableName": .string(table.name), "Key": self.key(key), "UpdateExpression": "SET #v = :new",
    ]
    var names: JSONValue = ["#v": .string(attribute)]
    var values: JSONValue = [":new": Self.typed(value)]
    if let former {
      input["ConditionExpression"] = "#v = :old"
      values[":old"] = Self.typed(former)
    } else {
      input["ConditionExpression"] = "attribute_not_exists(#k)"
      names["#k"] = .string(partition)
    }
    input["ExpressionAttributeNames"] = names
    input["ExpressionAttributeValues"] = values
    if try await write("UpdateItem", input) { return .done }
    let found = try await self.value(of: key, as: type)
    return again && found.is(value) ? .done : .conflict(found)
  }

  private func remove(
    _ key: String, _ type: ValueType, _ former: StoredValue?, _ again: Bool
  ) async throws(Failure) -> ValueReplacement {
    guard let item = try await item(key) else {
      return again || former == nil ? .done : .conflict(.absent)
    }
    let found = answer(item, type)
    guard let former, found.is(former) else { return .conflict(found) }
    let own = [partition, sort, attribute].compactMap(\.self)
    let others = (item.members ?? []).map(\.name).filter { name in
      !own.contains { $0.utf8.elementsEqual(name.utf8) }
    }
    guard others.isEmpty else {
      throw .refused(
        "\(url): the item of '\(key)' is not removed, since it also holds "
          + others.joined(separator: ", "),
        hint: "Look who added that, and take '\(attribute)' out by hand if it is to go.")
    }
    let input: JSONValue = [
      "TableName": .string(table.name), "Key": self.key(key), "ConditionExpression": "#v = :old",
      "ExpressionAttributeNames": ["#v": .string(attribute)],
      "ExpressionAttributeValues": [":old": Self.typed(former)],
    ]
    if try await write("DeleteItem", input) { return .done }
    let now = try await value(of: key, as: type)
    return again && now == .absent ? .done : .conflict(now)
  }

  // MARK: Calls

  private func item(_ key: String) async throws(Failure) -> JSONValue? {
    let input: JSONValue = [
      "TableName": .string(table.name), "Key": self.key(key), "ConsistentRead": true,
    ]
    let reply: JSONValue
    do throws(AWSFailure) {
      reply = try await table.value("GetItem", input)
    } catch {
      throw error.failure(url)
    }
    guard reply.members != nil else {
      throw .transient(
        "\(url): GetItem gave an answer that cannot be believed",
        hint: "It is tried again; look at what stands between here and AWS.")
    }
    return reply["Item"]
  }

  /// Whether the condition held; sent but once, for a repeat would meet what it wrote itself.
  private func write(_ operation: String, _ input: JSONValue) async throws(Failure) -> Bool {
    do throws(AWSFailure) {
      _ = try await table.value(operation, input, isRepeatable: false)
      return true
    } catch {
      if error.code == "ConditionalCheckFailedException" { return false }
      throw error.failure(url)
    }
  }

  private func key(_ key: String) -> JSONValue {
    var value: JSONValue = .object([.init(partition, ["S": .string(key)])])
    if let sort { value[sort] = ["S": .string(key)] }
    return value
  }

  private static func typed(_ value: StoredValue) -> JSONValue {
    switch value.type {
    case .word: ["S": .string(value.text)]
    case .flag: ["BOOL": .bool(value.text == "true")]
    case .number: ["N": .string(value.text)]
    }
  }

  private func answer(_ item: JSONValue?, _ type: ValueType) -> ValueAnswer {
    guard let item else { return .absent }
    guard let held = item[attribute] else {
      return .malformed("an item without the attribute '\(attribute)'")
    }
    let value: StoredValue? =
      switch type {
      case .word: held["S"]?.string.flatMap { StoredValue($0, as: .word) }
      case .flag: held["BOOL"]?.bool.map(StoredValue.flag)
      case .number: held["N"]?.string.flatMap { StoredValue(Self.plain($0), as: .number) }
      }
    if let value { return .value(value) }
    return .malformed("\(Self.shown(held)), which is no \(type.rawValue)")
  }

  /// DynamoDB may write a number with an exponent.
  private static func plain(_ text: String) -> String {
    String(decoding: DecimalText.canonical(Array(text.utf8)), as: UTF8.self)
  }

  private static func shown(_ held: JSONValue) -> String {
    let text = held.text
    return text.utf8.count <= shownBytesMax ? text : "\(held.members?.first?.name ?? "something")"
  }

  /// Longer values say nothing more in a message.
  private static let shownBytesMax = 120
}

extension Provider {
  /// Values in tables of DynamoDB.
  package static func dynamoValues(in session: AWSSession) -> Provider {
    Provider(
      scheme: "dynamodb", summary: "Values in a DynamoDB table, an item each.",
      example: "dynamodb://us-east-1/efcms-deploy-prod",
      parameters: Provider.Parameter.credentials + [
        Provider.Parameter("partition", "The partition key's attribute; without it 'pk'."),
        Provider.Parameter(
          "sort", "The sort key's attribute, or nothing if there is none; without it 'sk'."),
        Provider.Parameter("attribute", "The attribute with the value; without it 'current'."),
      ],
      open: .values { url, context throws(Failure) in
        try DynamoValues(url, in: session, purpose: context.purpose)
      },
      permissions: { url, use throws(Failure) in
        let table = url.regionalPlace.name("dynamodb", "table\(url.path)")
        return operations(use).map {
          Permission("dynamodb:\($0)", on: table, profile: url.parameter("profile"))
        }
      })
  }

  private static func operations(_ use: ResourceUse) -> [String] {
    switch use {
    case .look, .read: ["GetItem"]
    case .write: ["GetItem", "UpdateItem", "DeleteItem"]
    case .create, .destroy: []
    }
  }
}
