import JSON
import Resources

/// One user as a line of JSON.
///
/// `{"username":"ada","enabled":true,"groups":["admin"],"attributes":{"email":"a@b.test"},
/// "passwordHash":"$scrypt$ln=14,r=8,p=1$…","externalProvider":"Okta"}`; all but the name may be
/// left out. A field that is not among these is refused: it would be lost in silence.
enum UserLine {
  private static let fields = [
    "username", "enabled", "groups", "attributes", "passwordHash", "externalProvider",
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
    return JSONValue.object(members).compact()
  }

  /// What two users of the same name differ in; a hash that was not given is no difference.
  static func differences(_ there: User, _ wanted: User) -> [String] {
    var found: [String] = []
    if there.isEnabled != wanted.isEnabled { found.append("enabled") }
    let groups = [there.groups, wanted.groups].map { Set($0.map { UTF8Key($0) }) }
    if groups[0] != groups[1] { found.append("groups") }
    let names = Set(there.attributes.keys.map { UTF8Key($0) })
      .union(wanted.attributes.keys.map { UTF8Key($0) })
    for name in names.sorted() where value(name, there) != value(name, wanted) {
      found.append("attribute \(name)")
    }
    let hashes = [there.passwordHash, wanted.passwordHash].map { $0.map { UTF8Key($0) } }
    if hashes[1] != nil, hashes[0] != hashes[1] { found.append("passwordHash") }
    let providers = [there.externalProvider, wanted.externalProvider].map { $0.map { UTF8Key($0) } }
    if providers[0] != providers[1] { found.append("externalProvider") }
    return found
  }

  private static func value(_ name: UTF8Key, _ user: User) -> UTF8Key? {
    user.attributes.first { UTF8Key($0.key) == name }.map { UTF8Key($0.value) }
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
      return user
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
