internal import Foundation
internal import JSON
internal import Resources
internal import Rollouts

/// The tables of a backend's models, as its stacks own them now.
struct AmplifyModels: Sendable {
  /// Physical names by model.
  let tables: [UTF8Key: String]
  let region: String
  let profile: String?

  private static let dataStack = "data"
  private static let nestedType = "AWS::CloudFormation::Stack"
  private static let managedType = "Custom::AmplifyDynamoDBTable"
  private static let plainType = "AWS::DynamoDB::Table"
  private static let ending = "Table"
  private static let hashDigits = 8

  /// Looks below the one stack of data, however deep the tables are nested.
  ///
  /// The old tool took the first nested stack with `data` and eight digits anywhere in its name.
  init(_ contents: StackContents, of stack: ResourceURL) throws {
    let stacks = contents.resources.filter {
      $0.path.isEmpty && $0.type == Self.nestedType
        && StackResource.isLogicalID($0.logicalID, of: Self.dataStack)
    }
    guard let data = stacks.first, stacks.count == 1 else {
      let found = stacks.map(\.logicalID).joined(separator: " and ")
      throw Refusal(
        .badInput,
        stacks.isEmpty
          ? "\(stack) has no nested stack of data" : "\(stack) has two stacks of data: \(found)",
        hint: "Is it the stack of a backend with defineData?")
    }
    var tables: [UTF8Key: String] = [:]
    for resource in contents.resources {
      guard resource.path.first?.hasSameBytes(as: data.logicalID) == true,
        let model = Self.model(of: resource), let table = resource.physicalID
      else { continue }
      guard tables.updateValue(table, forKey: UTF8Key(model)) == nil else {
        throw Refusal(
          .badInput, "\(stack) has two tables of the model \(model)",
          hint: "Nothing can tell which one is meant; look at its nested stacks.")
      }
    }
    self.tables = tables
    region = stack.authority
    profile = stack.parameter("profile")
  }

  /// The model whose table it is; nil for anything else.
  private static func model(of resource: StackResource) -> String? {
    let id = resource.logicalID
    switch resource.type {
    case managedType:
      return id.hasSuffix(ending) && id.utf8.count > ending.utf8.count
        ? String(id.dropLast(ending.count)) : nil
    case plainType:
      if id.hasSuffix(ending) { return String(id.dropLast(ending.count)) }
      let bare = String(id.dropLast(hashDigits))
      guard bare.hasSuffix(ending), StackResource.isLogicalID(id, of: bare) else { return nil }
      return String(bare.dropLast(ending.count))
    case _: return nil
    }
  }

  /// The table of a model, as a URL.
  func url(of model: String) throws -> ResourceURL {
    guard let table = tables[UTF8Key(model)] else {
      let names = tables.keys.sorted().map(\.text)
      let near = nearest(to: model, in: names).map { "; did you mean '\($0)'?" } ?? ""
      throw Refusal(
        .badInput, "the backend has no model '\(model)'\(near)",
        hint: names.isEmpty
          ? "It has no tables of models at all." : "It has \(names.joined(separator: ", ")).")
    }
    return try AmplifySite.url(table: table, at: CloudPlace(region: region, profile: profile))
  }
}

extension AmplifySite {
  /// The tables of the models, through the stack of the branch or the sandbox.
  func models() async throws -> AmplifyModels {
    let url = try await stack()
    let store = try context.wiring.resources.stack(url, in: context.wiring.outside.context)
    guard let inventory = store as? any StackInventory,
      let contents = try await inventory.contents()
    else {
      throw Refusal(
        .badInput, "\(url), the stack of \(backend.title), is not there",
        hint: "Deploy the backend first, or check the region and the credentials.")
    }
    return try AmplifyModels(contents, of: url)
  }

  private func stack() async throws -> ResourceURL {
    let query = Self.query([("profile", place.profile)])
    switch backend.kind {
    case .sandbox:
      return try ResourceURL(
        "cloudformation://\(place.region ?? "")/\(backend.sandboxStack)\(query)")
    case .branch:
      let path = [backend.namespace, backend.name].map {
        $0.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? $0
      }
      let reply = try await ask(
        "amplify", "GetBranch", path: "/apps/\(path[0])/branches/\(path[1])",
        absent: "NotFoundException")
      guard let reply else {
        throw Refusal(
          .badInput, "Amplify knows no \(backend.title)",
          hint: "Check --appId, --branch, the region and the credentials.")
      }
      guard let arn = reply["branch"]?["backend"]?["stackArn"]?.string else {
        throw Refusal(
          .badInput, "\(backend.title) has no stack of a backend",
          hint: "Only backends of the second generation have one; has it been deployed?")
      }
      let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
      let name = parts.last?.split(separator: "/").dropFirst().first
      guard parts.count == 6, let name else {
        throw Refusal(
          .badInput, "the stack of \(backend.title) is called '\(arn)', which is no ARN",
          hint: "Look at the branch with 'aws amplify get-branch'.")
      }
      return try ResourceURL("cloudformation://\(parts[3])/\(name)\(query)")
    }
  }
}

extension AmplifySite {
  private static let plain = CharacterSet.alphanumerics.union(.init(charactersIn: "-_.~"))
}
