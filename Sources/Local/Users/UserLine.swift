import JSON
import Resources

/// One user as a line of JSON.
///
/// `{"username":"ada","enabled":true,"groups":["admin"],"attributes":{"email":"a@b.test"},
/// "passwordHash":"$scrypt$ln=14,r=8,p=1$…","externalProvider":"Okta",
/// "id":"…","status":"CONFIRMED","factors":["sms"],"preferredFactor":"sms","unmovable":["…"]}`; all
/// but the name may be left out. A field that is not among these is refused: it would be lost in silence.
enum UserLine {
  private static let fields = [
    "username", "enabled", "groups", "attributes", "passwordHash", "externalProvider", "id",
    "status", "factors", "preferredFactor", "unmovable",
  ]
  /// No user has as much as this.
  static let bytesMax = 1 << 20

  static func read(
    _ bytes: [UInt8], line: Int, of url: ResourceURL
  ) throws(Failure) -> User {
    let reader = Reader(line: line, url: url)
    let node: JSONNode
    do throws(JSONError) {
      node = try JSONNode(reading: bytes, bytesMax: bytesMax)
    } catch {
      // The reader saw this line only and took it for the first.
      let message = error.message.replacing(" at 1:", with: " at \(line):")
      throw reader.failure(message, error.position)
    }
    return try reader.user(node)
  }

  /// The user as a line without its line feed, fields in a fixed order and names sorted.
  static func text(_ user: User) -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("username", .string(user.name)), .init("enabled", .bool(user.isEnabled)),
      .init("groups", .array(sorted(user.groups).map { .string($0) })),
      .init(
        "attributes",
        .object(
          sorted(Array(user.attributes.keys)).map { name in
            .init(name, .string(user.attributes[name] ?? ""))
          })),
    ]
    if let hash = user.passwordHash { members.append(.init("passwordHash", .string(hash))) }
    if let provider = user.externalProvider {
      members.append(.init("externalProvider", .string(provider)))
    }
    return JSONValue.object(members + standing(user)).compact()
  }

  /// How the user stands in the directory that it comes from.
  private static func standing(_ user: User) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if let id = user.id { members.append(.init("id", .string(id))) }
    if let status = user.status { members.append(.init("status", .string(status))) }
    if let factors = user.factors {
      members.append(.init("factors", .array(factors.methods.map { .string($0.rawValue) })))
      if let preferred = factors.preferred {
        members.append(.init("preferredFactor", .string(preferred.rawValue)))
      }
    }
    if let unmovable = user.unmovable, !unmovable.isEmpty {
      members.append(.init("unmovable", .array(unmovable.map { .string($0) })))
    }
    return members
  }

  private static func sorted(_ texts: [String]) -> [String] {
    texts.sorted { $0.precedesInBytes($1) }
  }

  /// Reads the fields of one line, and says where a mistake stands.
  private struct Reader {
    let line: Int
    let url: ResourceURL

    func failure(_ problem: String, _ position: JSONPosition) -> Failure {
      .permanent(
        "\(url), line \(line), column \(position.column): \(problem)",
        hint: "Mend the line; each is one user in JSON.")
    }

    func user(_ node: JSONNode) throws(Failure) -> User {
      guard let members = node.members else {
        throw failure("expected a user as an object, found \(node.noun)", node.position)
      }
      for member in members where !fields.contains(where: { $0.hasSameBytes(as: member.name) }) {
        throw failure(
          "'\(member.name)' is not a field that can be copied; put it under attributes",
          member.nameRange.start)
      }
      guard let name = node["username"], let text = name.string, !text.isEmpty else {
        throw failure("expected a username", node["username"]?.position ?? node.position)
      }
      var user = User(name: text)
      if let node = node["enabled"] { user.isEnabled = try flag(node) }
      if let node = node["groups"] { user.groups = try list(node) }
      if let node = node["attributes"] { user.attributes = try map(node) }
      if let node = node["passwordHash"] {
        user.passwordHash = try hash(node)
      }
      if let node = node["externalProvider"] { user.externalProvider = try optional(node) }
      if let node = node["id"] { user.id = try optional(node) }
      if let node = node["status"] { user.status = try optional(node) }
      if let methods = node["factors"] {
        var given: [SecondFactor] = []
        for element in methods.elements ?? [] { given.append(try factor(element)) }
        var preferred: SecondFactor?
        if let node = node["preferredFactor"] { preferred = try factor(node) }
        user.factors = SecondFactors(given, preferred: preferred)
      }
      if let node = node["unmovable"] { user.unmovable = try list(node) }
      return user
    }

    private func factor(_ node: JSONNode) throws(Failure) -> SecondFactor {
      if let factor = SecondFactor(rawValue: try string(node)) { return factor }
      let known = SecondFactor.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure("expected one of \(known)", node.position)
    }

    private func flag(_ node: JSONNode) throws(Failure) -> Bool {
      if let flag = node.bool { return flag }
      throw failure("expected true or false, found \(node.noun)", node.position)
    }

    private func string(_ node: JSONNode) throws(Failure) -> String {
      if let text = node.string { return text }
      throw failure("expected a string, found \(node.noun)", node.position)
    }

    private func optional(_ node: JSONNode) throws(Failure) -> String? {
      if case .null = node.kind { return nil }
      return try string(node)
    }

    private func list(_ node: JSONNode) throws(Failure) -> [String] {
      guard let elements = node.elements else {
        throw failure("expected a list of groups, found \(node.noun)", node.position)
      }
      var texts: [String] = []
      for element in elements { texts.append(try string(element)) }
      return texts
    }

    private func map(_ node: JSONNode) throws(Failure) -> [String: String] {
      guard let members = node.members else {
        throw failure("expected attributes as an object, found \(node.noun)", node.position)
      }
      var values: [String: String] = [:]
      for member in members {
        guard values.updateValue(try string(member.value), forKey: member.name) == nil else {
          throw failure("two attributes are called '\(member.name)'", member.nameRange.start)
        }
      }
      return values
    }

    /// The value itself is never part of a message: it might be a password in the clear.
    private func hash(_ node: JSONNode) throws(Failure) -> String? {
      guard let text = try optional(node) else { return nil }
      guard PasswordHash.isWellFormed(text) else {
        throw failure("what stands here is no password hash in PHC form", node.position)
      }
      return text
    }
  }
}
