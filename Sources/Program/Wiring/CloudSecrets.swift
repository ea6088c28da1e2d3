internal import Digests
internal import JSON
internal import Resources

/// Secrets that AWS keeps: `ssm:/name` of Parameter Store, `secretsmanager:name#key`.
///
/// Fetched each time they are used and kept nowhere. After a `?` may stand `region`, `profile`,
/// `role` and, for Secrets Manager, `stage`; a secret's ARN names its region itself.
struct CloudSecrets: Sendable {
  let cloud: any CloudExchange
  let clock: any WallClock

  /// The name of one secret, taken apart.
  private struct Name {
    var text: String
    var key: String?
    var place = CloudPlace()
    var stage: String?

    init(_ reference: String, keyed: Bool) throws(Failure) {
      var rest = Substring(reference)
      if keyed, let hash = rest.lastIndex(of: "#") {
        key = String(rest[rest.index(after: hash)...])
        rest = rest[..<hash]
      }
      let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
      text = String(parts.first ?? "")
      let fields = text.split(separator: ":", omittingEmptySubsequences: false)
      if text.hasPrefix("arn:"), fields.count > 5 { place.region = String(fields[3]) }
      for pair in parts.count == 2 ? parts[1].split(separator: "&") : [] {
        let halves = pair.split(separator: "=", maxSplits: 1).map(String.init)
        switch (halves.first, halves.count) {
        case ("region", 2): place.region = halves[1]
        case ("profile", 2): place.profile = halves[1]
        case ("role", 2): place.role = halves[1]
        case ("stage", 2): stage = halves[1]
        case _:
          throw .permanent(
            "'\(pair)' means nothing in ${secret:…}",
            hint: "After '?' may stand region=, profile=, role= and stage=.")
        }
      }
    }
  }

  /// The call that reveals a secret; nil for those that no cloud keeps.
  static func use(_ kind: String, _ reference: String) throws(Failure) -> CloudUse? {
    switch kind {
    case "ssm":
      let name = try Name(reference, keyed: false)
      // A version or a label stands behind a colon; rights go by the parameter.
      let bare = name.text.split(separator: ":").first.map { $0.drop { $0 == "/" } } ?? ""
      return CloudUse(
        "ssm", "GetParameter", at: name.place,
        on: name.text.hasPrefix("arn:")
          ? name.text : name.place.name("ssm", "parameter/\(bare)"))
    case "secretsmanager":
      let name = try Name(reference, keyed: true)
      // Six characters that nobody chooses end a secret's full name.
      return CloudUse(
        "secretsmanager", "GetSecretValue", at: name.place,
        on: name.text.hasPrefix("arn:")
          ? name.text : name.place.name("secretsmanager", "secret:\(name.text)-??????"))
    default: return nil
    }
  }

  /// The value of a parameter; nil when there is none of that name.
  func parameter(_ reference: String) async throws(Failure) -> String? {
    let name = try Name(reference, keyed: false)
    let answer = try await ask(
      "ssm", "GetParameter", ["Name": .string(name.text), "WithDecryption": true], name.place,
      missing: ["ParameterNotFound", "ParameterVersionNotFound"])
    return answer?["Parameter"]?["Value"]?.string
  }

  /// A secret, or the value of one key in it; nil when there is none of that name.
  func secret(_ reference: String) async throws(Failure) -> String? {
    let name = try Name(reference, keyed: true)
    var input: JSONValue = ["SecretId": .string(name.text)]
    if let stage = name.stage { input["VersionStage"] = .string(stage) }
    let answer = try await ask(
      "secretsmanager", "GetSecretValue", input, name.place,
      missing: ["ResourceNotFoundException"])
    guard let answer else { return nil }
    let whole = answer["SecretString"]?.string ?? text(ofBinary: answer["SecretBinary"]?.string)
    guard let key = name.key else { return whole }
    guard let whole, let tree = try? JSONValue(parsing: whole), let value = tree[key] else {
      throw .permanent(
        "the secret \(name.text) has no key '\(key)'",
        hint: "Look at its keys in Secrets Manager; the key stands behind '#'.")
    }
    return value.string ?? value.text
  }

  private func text(ofBinary base64: String?) -> String? {
    base64.flatMap { Base64.decode($0) }.flatMap { String(validating: $0, as: UTF8.self) }
  }

  private func ask(
    _ service: String, _ operation: String, _ input: JSONValue, _ place: CloudPlace,
    missing: Set<String>
  ) async throws(Failure) -> JSONValue? {
    let none = Secrets { (_, _) throws(Failure) in nil }
    let call = CloudCall(
      service: service, operation: operation, place: place, input: input.compact())
    do throws(CloudFailure) {
      let reply = try await cloud.call(call, in: ProviderContext(secrets: none, clock: clock))
      guard let answer = try? JSONValue(reading: reply.body) else {
        throw .wire(
          .transient("\(service) gave an answer that cannot be read", hint: "It is tried again."),
          wasSent: true)
      }
      return answer
    } catch {
      if case .service(let code, _) = error, missing.contains(code) { return nil }
      throw error.failure
    }
  }
}
