import Foundation
import Harness
import Resources
import Testing

@testable import Local

@Suite(.waiting) struct StackTemplateTests {
  private func read(
    _ text: String, _ parameters: [String: String] = [:]
  ) throws(Failure) -> StackDefinition {
    var reader = StackTemplateReader(
      file: "stack.json5", places: .init(instance: "/i", template: "/i/t", salt: "salt"))
    return try reader.read(Array(text.utf8), parameters: parameters)
  }

  private func problems(_ text: String, _ parameters: [String: String] = [:]) -> [String] {
    do throws(Failure) {
      _ = try read(text, parameters)
      return []
    } catch {
      return error.summary.split(separator: "\n").map(String.init)
    }
  }

  @Test("references are resolved from parameters, outputs and places")
  func references() throws {
    let found = try read(
      """
      { stack: 1, parameters: { port: null, n: 3, key: { secret: true, default: "k" } },
        services: { web: { command: ["x", "-p${param.port}", "$${n}", "$5"], port: "${param.port}",
          folder: "sub", environment: { URL: "<${output.url}>", KEY: "${param.key}" } } },
        outputs: { url: "http://h:${param.port}/${param.n}", at: "${stack.template}" } }
      """, ["port": "80"])
    let service = try #require(found.services.first)
    #expect(service.command == ["x", "-p80", "${n}", "$5"])
    #expect(service.ports == [80] && service.folder == "/i/t/sub" && service.health == .listening)
    #expect(service.environment["URL"] == "<http://h:80/3>")
    #expect(service.environment["KEY"] == nil && service.secretDigest != nil)
    #expect(found.secretEnvironments == ["web": ["KEY": "k"]])
    #expect(found.outputs == ["url": "http://h:80/3", "at": "/i/t"])
    #expect(found.parameters.first { $0.name == "key" }?.value == nil)
  }

  @Test("all mistakes are told at once, each with its place and the nearest known name")
  func mistakes() {
    let found = problems(
      """
      { stack: 2,
        parameters: { port: null, key: { secret: true } },
        servces: {},
        services: {
          web: { command: "run me", helth: {}, port: "${param.prt}" },
          api: { command: ["x", "${param.key}"], port: 0, startWithin: "soon" },
          job: { command: [], health: { http: "/", command: ["x"] },
            environment: { CUTOVER_X: 1 } },
        },
        outputs: { a: "${param.key}", b: "${output.a}", c: "${" } }
      """, ["prot": "1", "key": "k"])
    let expected = [
      "stack.json5:1:10: 'stack' must be 1",
      "stack.json5:2:15: there is no parameter 'prot'; did you mean 'port'?",
      "stack.json5:2:17: the parameter 'port' needs a value",
      "stack.json5:3:3: a stack has no 'servces'; did you mean 'services'?",
      "stack.json5:5:21: a command is a list",
      "stack.json5:5:31: a service has no 'helth'; did you mean 'health'?",
      "stack.json5:5:48: there is no '${param.prt}' here; did you mean 'param.port'?",
      "stack.json5:6:27: a word of a command can be seen by others",
      "stack.json5:6:50: '0' is not a port",
      "stack.json5:6:66: expected a time",
      "stack.json5:7:21: a command is a list",
      "stack.json5:7:33: a health check has either",
      "stack.json5:8:22: variables named CUTOVER_",
      "stack.json5:10:17: an output can be seen by others",
      "stack.json5:10:36: there is no '${output.a}' here",
      "stack.json5:10:54: a '${' is not closed",
    ]
    #expect(found.count == expected.count)
    for line in expected {
      #expect(
        found.contains { $0.hasPrefix(line) }, "\(line)\nin\n\(found.joined(separator: "\n"))")
    }
  }

  @Test("what is no template at all is refused with its place")
  func hostile() {
    #expect(problems("").first?.hasPrefix("stack.json5:1:1:") == true)
    #expect(problems("[]") == ["stack.json5:1:1: a stack is an object, not a list"])
    #expect(!problems(String(repeating: "[", count: 100_000)).isEmpty)
    #expect(!problems("{ stack: 1, services: 5 }").isEmpty)
    #expect(!problems("{ stack: 1, services: {}, parameters: [] }").isEmpty)
    #expect(!problems("\u{0}\u{1}").isEmpty)
    #expect(problems("{ stack: 1, services: { a: { command: ['x'] } } }").count == 1)
  }

  @Test("a missing template, a relative one and one with a pipe in it are told apart")
  func location() async throws {
    let stage = try StackStage()
    func summary(_ location: String) async -> String {
      do {
        _ = try await stage.open().deploy(.init(location: location, parameters: [:])) { _ in }
        return "deployed"
      } catch let failure as Failure { return failure.summary } catch { return "\(error)" }
    }
    #expect(await summary("/nowhere/at/all").contains("there is no '/nowhere/at/all/stack.json5'"))
    #expect(await summary("template").contains("is not an absolute path"))
    #expect(mkfifo("\(stage.template)/pipe", 0o600) == 0)
    #expect(await summary(stage.template).contains("is no file, folder or link"))
    for inner in ["\(stage.template)/blue", stage.template, stage.folder.path] {
      await #expect(throws: Failure.self, "\(inner)") {
        try await stage.open(inner).deploy(stage.asks()) { _ in }
      }
    }
    #expect(try await stage.open().description() == nil)
    #expect(unlink("\(stage.template)/pipe") == 0)
    #expect(await summary("file://\(stage.template)/") == "deployed")
  }

  @Test("changes name parameters, files and services, and nothing else")
  func changes() async throws {
    let stage = try StackStage()
    #expect(
      try await stage.open().changes(stage.asks())
        == [
          "copy \(stage.template) to \(stage.instance)",
          "start web: sh -c touch \(stage.instance)/up; exec sleep infinity",
        ].map { $0.count > 72 && $0.hasPrefix("start") ? String($0.prefix(71)) + "…" : $0 })
    _ = try await stage.deploy()
    try stage.write(definition: "// a remark\n" + SleepingStack.definition)
    #expect(try await stage.open().changes(stage.asks()) == [])
    #expect(
      try await stage.open().changes(stage.asks(["release": "2"])) == [
        "parameter release: '1' → '2'", "output release: 2", "restart web",
      ])
    try stage.write("x", to: "new file")
    #expect(
      try await stage.open().changes(stage.asks()) == [
        "replace the template's files by those of \(stage.template)", "restart web",
      ])
  }

  @Test("texts that look alike and have other bytes are a change")
  func canonicalEquivalence() async throws {
    let stage = try StackStage()
    _ = try await stage.deploy(["release": "\u{e9}"])
    let other = ["release": "e\u{301}"]
    let changes = try await stage.open().changes(stage.asks(other))
    #expect(changes.count == 3, "\(changes)")
    #expect(try await stage.deploy(other)["release"].map { Array($0.utf8) } == [0x65, 0xcc, 0x81])
    #expect(try await stage.open().changes(stage.asks(other)) == [])
    #expect(try await stage.open().description()?.state == .healthy)
  }
}
