internal import JSON
internal import Resources
internal import Rollouts

/// What a VAMS stack is made of, as far as migrations ask.
///
/// No output names a table, so nested stacks are walked; a construct's id with exactly eight
/// hexadecimal digits behind it is meant, since some ids begin with others.
struct VAMSStack: Sendable {
  let url: ResourceURL
  let contents: StackContents

  static func read(
    _ name: String, region: String, profile: String?, wiring: Wiring
  ) async throws -> VAMSStack {
    let access = profile.map { "?profile=\($0)" } ?? ""
    let url = try ResourceURL("cloudformation://\(region)/\(name)\(access)")
    let context = wiring.outside.context
    guard
      let inventory = try wiring.resources.stack(url, in: context) as? any StackInventory,
      let contents = try await inventory.contents()
    else {
      throw Failure.refused(
        "\(url) is not there", hint: "Correct its name, region or credentials.")
    }
    return VAMSStack(url: url, contents: contents)
  }

  /// The one thing that is meant; nil if there is none.
  func find(_ source: VAMSMigration.Source) throws(Failure) -> String? {
    let found: Set<String>
    switch source {
    case .table(let construct):
      found = Set(
        contents.resources.filter {
          $0.type.hasPrefix("AWS::DynamoDB::") && $0.isCalled(construct)
        }.compactMap(\.physicalID))
    case .output(let key):
      found = Set(
        contents.outputs.filter {
          $0.key.hasSameBytes(as: key) || StackResource.isLogicalID($0.key, of: key)
        }.map(\.value))
    case .queue(let suffix):
      found = Set(
        contents.resources.filter {
          $0.type.hasSameBytes(as: "AWS::SQS::Queue") && ($0.physicalID?.hasSuffix(suffix) ?? false)
        }.compactMap(\.physicalID))
    case .resource(let types):
      found = Set(contents.resources.filter { types.contains($0.type) }.compactMap(\.physicalID))
    }
    guard found.count <= 1 else {
      throw .refused(
        "\(url) has more than one \(Self.noun(source)): "
          + found.sorted().prefix(Self.shownMax).joined(separator: ", "),
        hint: "Name the one that is meant by its option or in the configuration file.")
    }
    return found.first
  }

  private static let shownMax = 5

  static func noun(_ source: VAMSMigration.Source) -> String {
    switch source {
    case .table(let construct): "table \(construct)"
    case .output(let key): "output \(key)"
    case .queue(let suffix): "queue *\(suffix)"
    case .resource(let types): types.joined(separator: " or ")
    }
  }
}
