internal import JSON
internal import Resources

/// What a template says of its resources' fate when they are deleted.
struct DeletionPolicies: Sendable {
  private struct Entry {
    var policy: String?
    /// Whether the template's author let a helper empty the bucket first.
    var emptiesItself = false
  }

  private var entries: [String: Entry] = [:]

  static func read(
    _ stack: String, _ api: CloudFormationAPI
  ) async throws(Failure) -> DeletionPolicies {
    DeletionPolicies(try await api.template(of: stack, isProcessed: true))
  }

  init(_ template: String) {
    let bytes = Array(template.utf8)
    if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
      guard let value = try? JSONValue(reading: bytes) else { return }
      readTree(value)
    } else {
      readLines(template)
    }
  }

  /// Whether the resource stays when its stack goes; nil when the template could not be read.
  func keeps(_ logicalID: String) -> Bool? {
    guard let entry = entries[logicalID] else { return nil }
    return entry.policy == "Retain" || entry.policy == "RetainExceptOnCreate"
  }

  func emptiesItself(_ logicalID: String) -> Bool { entries[logicalID]?.emptiesItself ?? false }

  private mutating func readTree(_ value: JSONValue) {
    for resource in value["Resources"]?.members ?? [] {
      let tags = resource.value["Properties"]?["Tags"]?.elements ?? []
      entries[resource.name] = Entry(
        policy: resource.value["DeletionPolicy"]?.string,
        emptiesItself: tags.contains { $0["Key"]?.string == "aws-cdk:auto-delete-objects" })
    }
  }

  /// Reads YAML as far as people write templates: a key a line, blocks by indentation.
  private mutating func readLines(_ text: String) {
    var isInside = false
    var idIndent: Int?
    var fieldIndent: Int?
    var id = ""
    for line in text.split(separator: "\n") {
      let body = line.drop { $0 == " " }
      guard !body.isEmpty, !body.hasPrefix("#"), let key = Self.key(body) else { continue }
      let indent = line.count - body.count
      if indent == 0 {
        isInside = key.name == "Resources"
        idIndent = nil
        continue
      }
      guard isInside else { continue }
      if idIndent == nil { idIndent = indent }
      if indent == idIndent {
        id = key.name
        entries[id] = Entry()
        fieldIndent = nil
        continue
      }
      if fieldIndent == nil { fieldIndent = indent }
      if indent == fieldIndent, key.name == "DeletionPolicy" { entries[id]?.policy = key.value }
    }
  }

  private static func key(_ line: Substring) -> (name: String, value: String)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let rest = line[line.index(after: colon)...]
    guard rest.isEmpty || rest.first == " " || rest.first == "\r" else { return nil }
    let value = rest.prefix { $0 != "#" }
    return (trimmed(line[..<colon]), trimmed(value))
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.filter { !" \r\"'".contains($0) })
  }
}
