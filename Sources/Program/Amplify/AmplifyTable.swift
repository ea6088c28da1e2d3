internal import JSON
internal import Resources

/// A model's table as it is now, as far as an export has to know it.
struct AmplifyTable: Sendable {
  let name: String
  let url: ResourceURL
  /// DynamoDB's own id, which a table that is made anew does not keep.
  let id: String?
  /// As an export's URL is told the key.
  let keys: String
}

extension AmplifySite {
  func look(at model: String, of models: AmplifyModels) async throws -> AmplifyTable {
    let url = try models.url(of: model)
    let name = String(url.path.dropFirst())
    let reply = try await ask(
      "dynamodb", "DescribeTable",
      at: CloudPlace(region: models.region, profile: models.profile),
      ["TableName": .string(name)], absent: "ResourceNotFoundException")
    guard let table = reply?["Table"] else {
      throw Refusal(
        .badInput, "\(url), the table of \(model), is not there",
        hint: "The stack says that it should be; look at the stack's state.")
    }
    let types = table["AttributeDefinitions"]?.elements ?? []
    let keys = (table["KeySchema"]?.elements ?? []).compactMap { key -> String? in
      guard let name = key["AttributeName"]?.string else { return nil }
      let type = types.first { $0["AttributeName"]?.string?.hasSameBytes(as: name) == true }?[
        "AttributeType"]?.string
      return type == "S" || type == nil ? name : "\(name):\(type ?? "")"
    }
    return AmplifyTable(
      name: name, url: url, id: table["TableId"]?.string, keys: keys.joined(separator: ","))
  }
}
