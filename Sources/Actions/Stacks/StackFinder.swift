import Resources
import Rollouts

/// Finds physical names and outputs by the names that a template's author gave.
struct StackFinder: Sendable {
  /// Which resource: `"AssetTable"`, or with its type and the nested stack that it is in.
  struct Wanted: Decodable, Sendable {
    var construct: String
    var type: String?
    var nested: String?

    private enum CodingKeys: String, CodingKey {
      case construct
      case type
      case nested = "in"
    }

    init(construct: String, type: String? = nil, nested: String? = nil) {
      self.construct = construct
      self.type = type
      self.nested = nested
    }

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self.init(construct: text)
        return
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        construct: try container.decode(String.self, forKey: .construct),
        type: try container.decodeIfPresent(String.self, forKey: .type),
        nested: try container.decodeIfPresent(String.self, forKey: .nested))
    }
  }

  static let findField = InputField.optional(
    "find", .map(.any),
    "Physical names to find, by output name: a logical id, the id of a CDK construct, or "
      + "{construct, type, in}.")
  static let outputsOfField = InputField.optional(
    "outputsOf", .map(.string), "Outputs of the stack or of nested ones, by output name.")

  let find: [String: Wanted]
  let outputsOf: [String: String]

  private static let candidatesMax = 5

  /// All that is wanted; refuses what is missing or ambiguous, everything at once.
  func find(
    in contents: StackContents, of stack: ResourceURL
  ) throws(Failure) -> [String: String] {
    var found: [String: String] = [:]
    var problems: [String] = []
    for (name, wanted) in find.sorted(by: { $0.key < $1.key }) {
      let matches = contents.resources.filter { Self.matches($0, wanted) }
      let values = Set(matches.compactMap(\.physicalID))
      if let value = values.first, values.count == 1 {
        found[name] = value
      } else {
        problems.append("\(name): \(Self.problem(wanted, matches, contents))")
      }
    }
    for (name, key) in outputsOf.sorted(by: { $0.key < $1.key }) {
      let matches = Self.outputs(called: key, in: contents)
      let values = Set(matches.map(\.value))
      if let value = values.first, values.count == 1 {
        found[name] = value
      } else {
        problems.append("\(name): \(Self.problem(key, matches, contents))")
      }
    }
    guard problems.isEmpty else {
      throw .refused(
        "\(stack): \(problems.joined(separator: "; "))",
        hint: "Correct the names, or add 'type' or 'in' where one is not enough.")
    }
    return found
  }

  static func matches(_ resource: StackResource, _ wanted: Wanted) -> Bool {
    guard resource.isCalled(wanted.construct) else { return false }
    if let type = wanted.type {
      let last = resource.type.split(separator: ":").last ?? ""
      guard resource.type.utf8.elementsEqual(type.utf8) || last.utf8.elementsEqual(type.utf8)
      else { return false }
    }
    guard let nested = wanted.nested else { return true }
    return resource.path.contains { isNested($0, in: nested) }
  }

  /// CDK calls a nested stack by its construct's id with `NestedStack…` behind it.
  private static func isNested(_ logicalID: String, in nested: String) -> Bool {
    logicalID.utf8.elementsEqual(nested.utf8) || logicalID.hasPrefix("\(nested)NestedStack")
      || StackResource.isLogicalID(logicalID, of: nested)
  }

  /// Outputs of that name: the stack's own before those of nested ones, plain ones before those
  /// that CDK added digits to.
  static func outputs(called key: String, in contents: StackContents) -> [StackOutput] {
    let plain = contents.outputs.filter { letters($0.key) == letters(key) }
    let hashed = contents.outputs.filter {
      StackResource.isLogicalID(String(decoding: letters($0.key), as: UTF8.self), of: key)
    }
    let own = plain.filter(\.path.isEmpty)
    return own.isEmpty ? (plain.isEmpty ? hashed : plain) : own
  }

  /// CDK drops what is no letter or digit: `AuthCognito_UserPoolId` comes as
  /// `AuthCognitoUserPoolId`.
  private static func letters(_ text: String) -> [UInt8] {
    text.utf8.filter(StackResource.isAlphanumeric)
  }

  private static func problem(
    _ wanted: Wanted, _ matches: [StackResource], _ contents: StackContents
  ) -> String {
    if matches.count > 1 {
      return "'\(wanted.construct)' means " + list(matches.map { "\($0.name) (\($0.type))" })
    }
    if let match = matches.first { return "\(match.name) has no physical name yet" }
    let needle = wanted.construct.lowercased()
    let near = contents.resources.filter { $0.logicalID.lowercased().contains(needle) }
    return "there is no '\(wanted.construct)'"
      + (near.isEmpty ? "" : "; there is \(list(near.map { "\($0.name) (\($0.type))" }))")
  }

  private static func problem(
    _ key: String, _ matches: [StackOutput], _ contents: StackContents
  ) -> String {
    if matches.count > 1 {
      return "the output '\(key)' is in "
        + list(matches.map { ($0.path + [$0.key]).joined(separator: "/") })
    }
    let names = contents.outputs.map { ($0.path + [$0.key]).joined(separator: "/") }.sorted()
    return "there is no output '\(key)'"
      + (names.isEmpty ? ", nor any other" : "; there is \(list(names))")
  }

  private static func list(_ names: [String]) -> String {
    let more = names.count - candidatesMax
    return names.prefix(candidatesMax).joined(separator: ", ")
      + (more > 0 ? " and \(more) more" : "")
  }

  // MARK: Names that are given unasked

  private static let namedTypes: Set<String> = [
    "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket",
    "AWS::Cognito::UserPool",
  ]
  private static let hashDigits = 8

  /// Tables, buckets and user pools by logical id and by construct id, where that means one only.
  static func names(in contents: StackContents) -> [String: String] {
    var values: [String: Set<String>] = [:]
    for resource in contents.resources where namedTypes.contains(resource.type) {
      guard let physical = resource.physicalID else { continue }
      values[resource.logicalID, default: []].insert(physical)
      let construct = String(resource.logicalID.dropLast(hashDigits))
      if StackResource.isLogicalID(resource.logicalID, of: construct) {
        values[construct, default: []].insert(physical)
      }
    }
    return values.compactMapValues { $0.count == 1 ? $0.first : nil }
  }
}
