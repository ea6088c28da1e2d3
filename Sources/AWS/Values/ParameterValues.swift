import JSON
package import Resources

/// Values as parameters of SSM, one parameter a value: `ssm://region/prefix`.
///
/// SSM writes a parameter unconditionally unless it is new. So a value is read, compared, written
/// and read back, and a write of others in between is overwritten. That is noticed by the version
/// number, which grows by one with every write, and is then refused, telling what was lost. Only a
/// value that was absent is written under a condition.
/// Sources: PutParameter and GetParameter in the API reference of Systems Manager.
package struct ParameterValues: ValueStore {
  package let url: ResourceURL
  private let client: AWSClient
  private let clock: any WallClock
  /// With its leading slash, without one at its end.
  private let prefix: String

  /// How often a parameter is looked at until what was written shows, and how long between.
  private static let looksMax = 20
  private static let pause: Duration = .milliseconds(300)
  /// Source: "Parameter name requirements and constraints" in the user guide; ARNs count too.
  private static let nameBytesMax = 1011

  package var isAtomic: Bool { false }

  private struct Held {
    let answer: ValueAnswer
    let version: Int
  }

  package init(
    _ url: ResourceURL, in session: AWSSession, purpose: String?, clock: any WallClock
  ) throws(Failure) {
    var path = url.path
    while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    guard Self.isName(path), path.utf8.first == UInt8(ascii: "/"), path.utf8.count > 1 else {
      throw .permanent(
        "\(url) names no prefix of parameters",
        hint: "Write ssm://region/prefix, of letters, digits, '_', '-', '.' and '/'.")
    }
    self.url = url
    self.clock = clock
    prefix = path
    client = try session.client(.ssm, at: url.regionalPlace, purpose: purpose)
  }

  package func value(of key: String, as type: ValueType) async throws(Failure) -> ValueAnswer {
    try await held(try name(key), type)?.answer ?? .absent
  }

  package func replace(
    _ key: String, _ type: ValueType, former: StoredValue?, with value: StoredValue?, again: Bool
  ) async throws(Failure) -> ValueReplacement {
    let name = try name(key)
    let before = try await held(name, type)
    let found = before?.answer ?? .absent
    if again, found.is(value) { return .done }
    guard found.is(former) else { return .conflict(found) }
    guard let value else { return found == .absent ? .done : try await remove(name) }
    guard let before else { return try await add(name, value, again) }
    let version = try await put(name, value, overwrites: true)
    if version > before.version + 1 {
      try await checkOverwritten(
        "\(name):\(version - 1)", allowed: [found, .value(value)], value)
    }
    try await settle(name, type) { $0.map { $0.version >= version } ?? false }
    return .done
  }

  private func add(
    _ name: String, _ value: StoredValue, _ again: Bool
  ) async throws(Failure) -> ValueReplacement {
    do throws(Failure) {
      _ = try await put(name, value, overwrites: false)
    } catch {
      guard error.kind == .permanent, let found = try await held(name, value.type)?.answer else {
        throw error
      }
      return again && found.is(value) ? .done : .conflict(found)
    }
    try await settle(name, value.type) { $0 != nil }
    return .done
  }

  private func remove(_ name: String) async throws(Failure) -> ValueReplacement {
    do throws(AWSFailure) {
      _ = try await client.json("DeleteParameter", ["Name": .string(name)])
    } catch {
      guard error.code == "ParameterNotFound" else { throw error.failure(url) }
    }
    try await settle(name, .word) { $0 == nil }
    return .done
  }

  /// Refuses when a write of others was overwritten, telling what it had said.
  private func checkOverwritten(
    _ selected: String, allowed: [ValueAnswer], _ value: StoredValue
  ) async throws(Failure) {
    let lost = try await held(selected, value.type)?.answer
    if let lost, allowed.contains(lost) { return }
    throw .refused(
      "\(url): somebody else wrote \(lost?.text ?? "something") at the same moment, and \(value) "
        + "was written over it (\(selected) in the parameter's history)",
      hint: "SSM cannot compare before it writes. See who else writes it, put right what it is to "
        + "hold, then 'cutover retry' or 'cutover skip'.")
  }

  /// Waits until reading shows what was written: SSM may answer with an older state for a while.
  private func settle(
    _ name: String, _ type: ValueType, _ isThere: (Held?) -> Bool
  ) async throws(Failure) {
    for _ in 0..<Self.looksMax {
      if isThere(try await held(name, type)) { return }
      do {
        try await clock.sleep(for: Self.pause)
      } catch {
        throw .cancelled
      }
    }
    throw .transient(
      "\(url): what was written to \(name) does not show yet", hint: "It is tried again.")
  }

  // MARK: Calls

  private func name(_ key: String) throws(Failure) -> String {
    let name = "\(prefix)/\(key)"
    guard !key.isEmpty, Self.isName(name), name.utf8.count <= Self.nameBytesMax else {
      throw .permanent(
        "\(url): '\(key)' cannot be the name of a parameter",
        hint: "Use letters, digits, '_', '-', '.' and '/'.")
    }
    return name
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      (97...122).contains(byte | 0x20) && byte < 0x80 || (45...57).contains(byte) || byte == 95
    }
  }

  /// Nil when there surely is no such parameter, or no such version of it.
  private func held(_ name: String, _ type: ValueType) async throws(Failure) -> Held? {
    let reply: JSONValue
    do throws(AWSFailure) {
      // What is encrypted stays so: a secret is no value.
      reply = try await client.json(
        "GetParameter", ["Name": .string(name), "WithDecryption": false])
    } catch {
      if error.code == "ParameterNotFound" || error.code == "ParameterVersionNotFound" {
        return nil
      }
      throw error.failure(url)
    }
    guard let parameter = reply["Parameter"], let version = parameter["Version"]?.integer,
      let text = parameter["Value"]?.string
    else {
      throw .transient(
        "\(url): GetParameter gave an answer that cannot be believed",
        hint: "It is tried again; look at what stands between here and AWS.")
    }
    return Held(answer: Self.answer(text, parameter["Type"]?.string, type), version: version)
  }

  private static func answer(_ text: String, _ kind: String?, _ type: ValueType) -> ValueAnswer {
    guard kind == "String" else {
      return .malformed("a parameter of the type \(kind ?? "nobody knows"), not String")
    }
    if let value = StoredValue(text, as: type) { return .value(value) }
    let shown = text.utf8.count <= shownBytesMax ? "'\(text)'" : "\(text.utf8.count) bytes"
    return .malformed("\(shown), which is no \(type.rawValue)")
  }

  /// Longer values say nothing more in a message.
  private static let shownBytesMax = 120

  /// Writes and answers the version that was made.
  private func put(
    _ name: String, _ value: StoredValue, overwrites: Bool
  ) async throws(Failure) -> Int {
    let reply: JSONValue
    do throws(AWSFailure) {
      reply = try await client.json(
        "PutParameter",
        [
          "Name": .string(name), "Value": .string(value.text), "Type": "String",
          "Overwrite": .bool(overwrites),
          // Sent twice, one that must be new would meet itself.
        ], isRepeatable: overwrites)
    } catch {
      throw error.failure(url)
    }
    guard let version = reply["Version"]?.integer else {
      throw .transient(
        "\(url): PutParameter gave an answer that cannot be believed", hint: "It is tried again.")
    }
    return version
  }
}

extension Provider {
  /// Values in parameters of SSM.
  package static func parameterValues(in session: AWSSession) -> Provider {
    Provider(
      scheme: "ssm", summary: "Values in SSM parameters, one parameter each.",
      example: "ssm://us-east-1/efcms-deploy/prod", parameters: Provider.Parameter.credentials,
      open: .values { url, context throws(Failure) in
        try ParameterValues(url, in: session, purpose: context.purpose, clock: context.clock)
      },
      permissions: { url, use throws(Failure) in
        let names = url.regionalPlace.name("ssm", "parameter\(url.path)/*")
        return operations(onParameters: use).map {
          Permission("ssm:\($0)", on: names, profile: url.parameter("profile"))
        }
      })
  }

  private static func operations(onParameters use: ResourceUse) -> [String] {
    switch use {
    case .look, .read: ["GetParameter"]
    case .write: ["GetParameter", "PutParameter", "DeleteParameter"]
    case .create, .destroy: []
    }
  }
}
