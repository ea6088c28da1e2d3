import Digests
import JSON
import Resources

/// Reads a template's `stack.json5` with the parameters given; finds every mistake in one go.
struct StackTemplateReader {
  /// The fixed places that a template may refer to.
  struct Places {
    /// `${stack.folder}`: the instance folder.
    var instance: String
    /// `${stack.template}`: the copy of the template in it, where services run.
    var template: String
    /// Makes digests of secrets useless elsewhere.
    var salt: String
  }

  static let bytesMax = 1 << 20
  static let servicesMax = 64
  static let portsMax = 64
  private static let topKeys = ["stack", "description", "parameters", "services", "outputs"]
  private static let parameterKeys = ["default", "secret", "description"]

  let file: String
  let places: Places
  var problems: [JSONError] = []
  private var declared: [String] = []
  private var values: [String: (text: String, isSecret: Bool)] = [:]
  private(set) var outputs: [String: String] = [:]

  init(file: String, places: Places) {
    self.file = file
    self.places = places
  }

  mutating func read(
    _ bytes: [UInt8], parameters given: [String: String]
  ) throws(Failure) -> StackDefinition {
    let document = JSONDocument(bytes, dialect: .json5, bytesMax: Self.bytesMax)
    problems = document.problems
    guard let root = document.root else { throw failure() }
    guard root.members != nil else {
      report("a stack is an object, not \(root.noun)", root)
      throw failure()
    }
    checkKeys(root, Self.topKeys, "a stack")
    if let version = root["stack"] {
      if version.integer != 1 { report("'stack' must be 1, the only version there is", version) }
    } else {
      report("'stack: 1' is missing: it says which form this file has", root)
    }
    let parameters = readParameters(root["parameters"], given, root)
    readOutputs(root["outputs"])
    var services: [ServiceDefinition] = []
    var secrets: [String: [String: String]] = [:]
    if let members = object(root["services"]), !members.isEmpty {
      if members.count > Self.servicesMax {
        report("there are more than \(Self.servicesMax) services", root["services"] ?? root)
      }
      for member in members.prefix(Self.servicesMax) {
        guard let (service, secret) = readService(member) else { continue }
        services.append(service)
        secrets[service.name] = secret
      }
    } else {
      report("'services' must name at least one service", root["services"] ?? root)
    }
    guard problems.isEmpty else { throw failure() }
    return StackDefinition(
      parameters: parameters, services: services, secretEnvironments: secrets, outputs: outputs)
  }

  // MARK: Parts

  private mutating func readParameters(
    _ node: JSONNode?, _ given: [String: String], _ root: JSONNode
  ) -> [StackParameter] {
    let members = object(node) ?? []
    declared = members.map(\.name)
    var parameters: [StackParameter] = []
    for member in members {
      guard isName(member.name) else {
        report("'\(member.name)' cannot be a parameter's name", member.nameRange.start)
        continue
      }
      var text = scalar(member.value)
      var isSecret = false
      if member.value.members != nil {
        checkKeys(member.value, Self.parameterKeys, "a parameter")
        text = member.value["default"].flatMap { scalar($0) }
        isSecret = member.value["secret"]?.bool ?? false
      } else if member.value.elements != nil {
        report("a parameter is a default value or an object", member.value)
      }
      guard let value = given[member.name] ?? text else {
        report("the parameter '\(member.name)' needs a value", member.nameRange.start)
        continue
      }
      values[member.name] = (value, isSecret)
      parameters.append(
        StackParameter(
          name: member.name, value: isSecret ? nil : value,
          secretDigest: isSecret ? digest([value]) : nil))
    }
    for name in given.keys.sorted() where !declared.contains(where: { $0.hasSameBytes(as: name) }) {
      report(
        "there is no parameter '\(name)'" + suggestion(for: name, declared),
        (node ?? root).position)
    }
    return parameters
  }

  private mutating func readOutputs(_ node: JSONNode?) {
    for member in object(node) ?? [] {
      guard isName(member.name) else {
        report("'\(member.name)' cannot be an output's name", member.nameRange.start)
        continue
      }
      outputs[member.name] = plainText(member.value, "an output")
    }
  }

  // MARK: Texts

  /// The text of a value in which references are resolved; nil when that is reported.
  mutating func text(
    _ node: JSONNode, _ what: String, outputs isOutputAllowed: Bool = false
  ) -> (text: String, isSecret: Bool)? {
    guard let raw = scalar(node) else {
      report("\(what) must be a text, not \(node.noun)", node)
      return nil
    }
    guard let pieces = TemplateText(raw)?.pieces else {
      report("a '${' is not closed", node)
      return nil
    }
    var output = ""
    var isSecret = false
    for piece in pieces {
      switch piece {
      case .literal(let text): output += text
      case .reference(let name):
        guard let value = resolve(name, isOutputAllowed) else {
          var known = declared.map { "param.\($0)" } + ["stack.folder", "stack.template"]
          if isOutputAllowed { known += outputs.keys.map { "output.\($0)" }.sorted() }
          // What is declared and has no value has been told already.
          if !known.contains(where: { $0.hasSameBytes(as: name) }) {
            report("there is no '${\(name)}' here" + suggestion(for: name, known), node)
          }
          return nil
        }
        output += value.text
        isSecret = isSecret || value.isSecret
      }
    }
    if output.utf8.contains(0) {
      report("\(what) holds a NUL character", node)
      return nil
    }
    return (output, isSecret)
  }

  /// The text of a value that others can see, so that no secret may be in it.
  mutating func plainText(
    _ node: JSONNode, _ what: String, outputs isOutputAllowed: Bool = false
  ) -> String? {
    guard let (text, isSecret) = text(node, what, outputs: isOutputAllowed) else { return nil }
    guard !isSecret else {
      report("\(what) can be seen by others; pass a secret in 'environment'", node)
      return nil
    }
    return text
  }

  private func resolve(_ name: String, _ isOutputAllowed: Bool) -> (text: String, isSecret: Bool)? {
    if name.hasPrefix("param.") { return values[String(name.dropFirst(6))] }
    if name.hasPrefix("output."), isOutputAllowed {
      return outputs[String(name.dropFirst(7))].map { ($0, false) }
    }
    switch name {
    case "stack.folder": return (places.instance, false)
    case "stack.template": return (places.template, false)
    case _: return nil
    }
  }

  func digest(_ texts: [String]) -> String {
    let bytes = ([places.salt] + texts).flatMap { (text: String) -> [UInt8] in
      Array(text.utf8) + [0]
    }
    return Digest.hex(Digest.sha256(bytes))
  }

  // MARK: Problems

  mutating func report(_ message: String, _ node: JSONNode) { report(message, node.position) }

  mutating func report(_ message: String, _ position: JSONPosition) {
    problems.append(JSONError(message, at: position))
  }

  mutating func checkKeys(_ node: JSONNode, _ known: [String], _ what: String) {
    for member in node.members ?? []
    where !known.contains(where: { $0.hasSameBytes(as: member.name) }) {
      report(
        "\(what) has no '\(member.name)'" + suggestion(for: member.name, known),
        member.nameRange.start)
    }
  }

  /// The members of an object; nil, and reported, for anything else that is there.
  mutating func object(_ node: JSONNode?) -> [JSONNode.Member]? {
    guard let node else { return nil }
    if node.members == nil { report("expected an object, not \(node.noun)", node) }
    return node.members
  }

  /// What a person writes where a text is wanted: a text, a number or a truth value.
  func scalar(_ node: JSONNode) -> String? {
    node.string ?? node.numberText ?? node.bool.map { $0 ? "true" : "false" }
  }

  func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= Self.nameBytesMax
      && name.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }

  private static let nameBytesMax = 64

  private func suggestion(for name: String, _ known: [String]) -> String {
    if let near = nearest(to: name, in: known) { return "; did you mean '\(near)'?" }
    return known.isEmpty ? "" : "; there is \(known.joined(separator: ", "))"
  }

  private func failure() -> Failure {
    let lines = problems.sorted { $0.position < $1.position }.prefix(JSONLimit.problemsMax)
      .map { "\(file):\($0.position): \($0.message)" }
    return .permanent(
      lines.joined(separator: "\n"), hint: "Correct the stack's template or its parameters.")
  }
}
