import Harness
import Resources
import Testing

@testable import AWS

@Suite("Values in parameters", .waiting)
struct ParameterValuesTests {
  private func word(_ text: String) -> StoredValue? { StoredValue(text, as: .word) }

  private func store(_ session: AWSSession, _ prefix: String) throws -> ParameterValues {
    try ParameterValues(
      ResourceURL("ssm://us-east-1/\(prefix)"), in: session, purpose: nil,
      clock: ManualClock(movesByItself: true))
  }

  @Test("parameters keep the laws of a store of values")
  func laws() async throws {
    let server = try MotoServer.shared()
    let session = MotoSession.make(server)
    let url = "ssm://us-east-1/values/laws/"
    try await ValueStoreLaws(
      spoil: { key in
        _ = try server.python(
          "client('ssm').put_parameter(Name='/values/laws/' + sys.argv[1], Value='null', "
            + "Type='String')", [key])
      },
      open: {
        try ParameterValues(
          ResourceURL(url), in: session, purpose: nil, clock: ManualClock(movesByItself: true))
      }
    ).check()
  }

  @Test("values are plain parameters to others, and what is encrypted or a list is none")
  func others() async throws {
    let server = try MotoServer.shared()
    let store = try store(MotoSession.make(server), "values/plain")
    _ = try await store.replace("current-color", .word, former: nil, with: word("green"))
    _ = try await store.replace("migrate", .flag, former: nil, with: .flag(true))
    let seen = try server.python(
      """
      ssm = client('ssm')
      for name in ['current-color', 'migrate']:
        found = ssm.get_parameter(Name='/values/plain/' + name)['Parameter']
        print(found['Value'], found['Type'], end=' ')
      ssm.put_parameter(Name='/values/plain/secret', Value='hunter22', Type='SecureString')
      ssm.put_parameter(Name='/values/plain/list', Value='a,b', Type='StringList')
      """)
    #expect(seen == "green String true String ")
    for key in ["secret", "list"] {
      guard case .malformed(let what) = try await store.value(of: key, as: .word) else {
        Issue.record("\(key) is no value")
        return
      }
      #expect(!what.contains("hunter22"))
      let outcome = try await store.replace(key, .word, former: word("a,b"), with: word("x"))
      guard case .conflict(.malformed) = outcome else {
        Issue.record("\(key) is not overwritten")
        return
      }
    }
    await #expect(throws: Failure.self) { try await store.value(of: "a b", as: .word) }
  }

  /// A service in which somebody else writes between our reading and our writing, and in which
  /// what was written shows only after some looks.
  private static let script = #"""
    def handle(self, path, query):
        operation = self.headers["X-Amz-Target"].split(".")[-1]
        asked = json.loads(self.body())
        name = asked["Name"]
        versions = shared.setdefault("versions", {})
        def error(code):
            self.answer(400, [], json.dumps({"__type": code, "message": "on purpose"}))
        def tell(number):
            held = versions.get(name.split(":")[0], [])
            if number > len(held) or number < 1: return error("ParameterVersionNotFound")
            self.answer(200, [], json.dumps({"Parameter": {"Name": name, "Type": "String",
                "Value": held[number - 1], "Version": number}}))
        if operation == "GetParameter":
            if ":" in name: return tell(int(name.split(":")[1]))
            if name not in versions: return error("ParameterNotFound")
            lag = shared.get("lag", 0)
            shared["lag"] = max(0, lag - 1)
            return tell(len(versions[name]) - (1 if lag else 0))
        if not asked["Overwrite"]:
            if name.endswith("new"):
                versions.setdefault(name, ["theirs"])
            if name in versions: return error("ParameterAlreadyExists")
        held = versions.setdefault(name, [])
        if asked["Overwrite"]:
            if name.endswith("lost"): held.append("theirs")
            if name.endswith("late"): shared["lag"] = 3
            if name.endswith("twice"): held.append(asked["Value"])
        held.append(asked["Value"])
        self.answer(200, [], json.dumps({"Version": len(held)}))
    """#

  @Test("what others wrote in between is told and not taken for ours")
  func races() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let session = TestSession.make([
        "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
      ])
      let store = try store(session, "p")
      // Absent when it was read, there when it is written: SSM itself refuses.
      let new = try await store.replace("new", .word, former: nil, with: word("ours"))
      #expect(try new == .conflict(.value(#require(word("theirs")))))

      #expect(try await store.replace("lost", .word, former: nil, with: word("a")) == .done)
      let lost = try await #require(throws: Failure.self) {
        try await store.replace("lost", .word, former: word("a"), with: word("ours"))
      }
      #expect(lost.kind == .refused)
      #expect(lost.summary.contains("somebody else wrote 'theirs' at the same moment"))
      #expect(lost.summary.contains("/p/lost:2"))

      // A write whose answer was lost is made twice by us, and nobody's value is gone.
      _ = try await store.replace("twice", .word, former: nil, with: word("a"))
      #expect(
        try await store.replace("twice", .word, former: word("a"), with: word("b")) == .done)

      // What was written is waited for.
      _ = try await store.replace("late", .word, former: nil, with: word("a"))
      #expect(try await store.replace("late", .word, former: word("a"), with: word("b")) == .done)
      #expect(try await store.value(of: "late", as: .word).is(word("b")))
    }
  }
}
