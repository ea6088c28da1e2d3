import Harness
import JSON
import Resources
import Testing

@testable import Rollouts

@Suite("Reading a playbook", .waiting)
struct PlaybookReaderTests {
  private func read(_ text: String, _ overrides: [ParameterOverride] = []) throws -> Playbook {
    try ToyCatalog.reader.read(Array(text.utf8), file: "p.json5", overrides: overrides)
  }

  private func problems(_ text: String, _ overrides: [ParameterOverride] = []) -> String {
    do {
      _ = try read(text, overrides)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  private func given(_ text: String) throws -> ParameterOverride {
    try #require(ParameterOverride(argument: text))
  }

  @Test("a sound playbook gives its model")
  func model() throws {
    let playbook = try read(soundPlaybook)
    #expect(playbook.environment == "shop")
    #expect(playbook.description == "Moves the shop.")
    #expect(JSONValue.object(playbook.parameters)["base"] == "process:///srv/stacks")
    #expect(JSONValue.object(playbook.green)["address"] == "green.shop.example.")
    #expect(playbook.given.isEmpty)
    #expect(
      playbook.steps.map(\.id).joined(separator: " ")
        == "deploy-b notice copy check approve switch destroy-a")
    #expect(playbook.step("notice")?.after == ["deploy-b"])
    #expect(playbook.step("approve")?.after == ["copy", "check"])
    #expect(playbook.step("deploy-b")?.after == [])
    let notice = try #require(playbook.step("notice"))
    #expect(notice.attempts == 5 && notice.backOff.text == "1s")
    #expect(notice.timeLimit?.text == "10m" && notice.rollsBackOnFailure)
    #expect(playbook.step("copy")?.attempts == 1)
    // Where the playbook is silent, the action says what its failure means.
    #expect(playbook.step("copy")?.rollsBackOnFailure == false)
    #expect(playbook.step("check")?.rollsBackOnFailure == true)
    #expect(playbook.steps.filter(\.promotes).map(\.id) == ["switch"])
    #expect(playbook.step("switch")?.title == "Go live")
  }

  @Test("the machine's steps carry the gate's rule, the order and the limits")
  func definitions() throws {
    let steps = try read(soundPlaybook).definitions(in: ToyCatalog.actions, from: .blue)
    #expect(steps.map(\.isGate) == [false, false, false, false, true, false, false])
    #expect(steps[4].gateRule?.role == "lead")
    #expect(steps[1].timeLimit == .seconds(600) && steps[1].rollsBackOnFailure)
    #expect(steps[1].backOff == .seconds(1) && steps[1].attemptsMax == 5)
    #expect(steps[5].promotes && steps[5].after == ["approve"])
  }

  @Test("references are resolved for each direction, types are kept, and secrets stay in place")
  func inputs() throws {
    let playbook = try read(soundPlaybook)
    let none: (String, String) -> String? = { _, _ in nil }
    #expect(
      try playbook.input(of: "deploy-b", from: .blue, outputs: none).text
        == #"{"stack":"process:///srv/stacks/green","port":8002,"#
        + #""environment":{"TOKEN":"${secret:env:TOKEN}","SIDE":"green"}}"#)
    #expect(
      try playbook.input(of: "deploy-b", from: .green, outputs: none)["stack"]
        == "process:///srv/stacks/blue")
    let notice = try playbook.input(of: "notice", from: .blue, outputs: none)
    #expect(notice["ttl"] == 60 && notice["force"] == true)
    let check = try playbook.input(of: "check", from: .blue) { step, name in "\(step)-\(name)" }
    #expect(check.text == #"{"url":"http://deploy-b-address/${x}","body":{"a":[60]}}"#)
  }

  @Test("an output that is missing, or asks for a secret, stops the step")
  func badOutputs() throws {
    let playbook = try read(soundPlaybook)
    #expect(
      throws: Failure.permanent(
        "step check: the value of ${steps.deploy-b.outputs.address} is not known yet",
        hint: "Look at the outputs of the steps that it refers to.")
    ) { try playbook.input(of: "check", from: .blue) { _, _ in nil } }
    let error = #expect(throws: Failure.self) {
      try playbook.input(of: "check", from: .blue) { _, _ in "${secret:env:KEY}" }
    }
    #expect(error?.summary.contains("asks for a secret") == true)
  }

  @Test("the live section is resolved for both colours")
  func live() throws {
    let live = try #require(try read(soundPlaybook).liveIndicator())
    #expect(live.record?.zone.text == "zonefile:///srv/zone")
    #expect(live.record?.name == "www.shop.example" && live.record?.type == "CNAME")
    #expect(live.blue.value == "blue.shop.example.")
    #expect(live.green.stack?.text == "process:///srv/stacks/green")
  }

  @Test("parameters that are given override the declared ones, in their type")
  func overrides() throws {
    let file = Array("{ root: '/data', strict: false }".utf8)
    let overrides =
      try ParameterOverride.read(file, file: "prod.json5")
      + [given("ttl=0x1E"), given("domain=a=b"), given("root=/last")]
    let playbook = try read(soundPlaybook, overrides)
    let parameters = JSONValue.object(playbook.parameters)
    #expect(
      parameters.text
        == #"{"root":"/last","domain":"a=b","ttl":30,"base":"process:///last/stacks","#
        + #""strict":false}"#)
    let recorded = ParameterOverride.recorded(.object(playbook.given))
    let again = try read(soundPlaybook, recorded)
    #expect(JSONValue.object(again.parameters) == parameters)
  }

  @Test("what is given and does not fit is refused with where it was given")
  func badOverrides() throws {
    let file = Array("{\n rot: 1,\n ttl: '60', domain: 5 }".utf8)
    let overrides =
      try ParameterOverride.read(file, file: "f.json5")
      + [given("strict=yes"), given("zzzzzz=1"), given("base=${nothing}")]
    #expect(
      problems(soundPlaybook, overrides) == """
        f.json5:2:2: the playbook has no parameter 'rot'; did you mean 'root'?
        --set: the playbook has no parameter 'zzzzzz'; it has root, domain, ttl, base, strict
        f.json5:3:13: the parameter 'domain' takes a text, found the number 5
        f.json5:3:2: the parameter 'ttl' takes a number, found the text '60'
        --set: there is no parameter 'nothing'
        --set: the parameter 'strict' takes true or false, found the text 'yes'
        """)
    #expect(ParameterOverride(argument: "noequals") == nil)
    #expect(ParameterOverride(argument: "=x") == nil)
    let error = #expect(throws: PlaybookProblems.self) {
      try ParameterOverride.read(Array("[1]".utf8), file: "f")
    }
    #expect(
      error?.description == "f:1:1: expected an object of parameters and values, found a list")
  }

  @Test("a parameter that is declared as null must be given")
  func requiredParameters() throws {
    let text = soundPlaybook.replacing("domain: \"shop.example\"", with: "domain: null")
    #expect(
      problems(text) == "p.json5:8:13: the parameter 'domain' must be given: --set domain=…")
    #expect(problems(text, [try given("domain=x.example")]) == "none")
  }

  @Test("all mistakes are told at once, in the order of the lines")
  func manyMistakes() {
    let text = """
      {
        playbok: 1,
        environment: 5,
        colors: [],
        steps: [
          { id: 'a', uses: 'stack.deploy', with: { stack: 'dir:///x', port: '${p}' } },
          { id: 'a', uses: 'x', retries: 3, with: { v: '${q}' } },
          7,
          { uses: 'stack.destroy' },
        ],
      }
      """
    #expect(
      problems(text) == """
        p.json5:1:1: the key 'playbook' is missing; it tells the format: playbook: 1
        p.json5:2:3: a playbook has no key 'playbok'; did you mean 'playbook'?
        p.json5:3:16: expected the name of an environment (letters, digits, '-' and '_', at most \
        64), found the number 5
        p.json5:4:11: expected an object with keys such as blue, green, found a list
        p.json5:6:53: 'dir://' names a bucket, not a stack
        p.json5:6:72: there is no parameter 'p'
        p.json5:7:11: there are two steps 'a'; the first one is at 6:11
        p.json5:7:22: there is no action 'x'; see 'cutover actions'
        p.json5:7:27: a step has no key 'retries'; it has id, uses, title, after, when, with, \
        promotes, each, together, closes, holds, deadline, attempts, backOff, timeLimit, onFailure
        p.json5:7:51: there is no parameter 'q'
        p.json5:8:5: expected an object with keys such as id, uses, title, after, when, with, \
        promotes, each, found the number 7
        p.json5:9:5: a step lacks the key 'id': The name by which messages and other steps know \
        the step.
        p.json5:9:5: the input of stack.destroy lacks the key 'stack': The stack.
        p.json5:9:5: step without a name (stack.destroy) cannot be undone, but no step promotes; \
        mark the one that does with 'promotes: true'
        """)
  }

  @Test("a broken grammar is told with all its places, and a key given twice with both")
  func grammar() {
    #expect(
      problems("{ playbook: 1\n environment: 'x',\n steps: [ { id: blue } ] }") == """
        p.json5:2:2: expected ',' or '}' in the object opened at 1:1, found the word 'environment'
        p.json5:3:17: expected a value, found the word 'blue'; did you mean true?
        """)
    #expect(
      problems(soundPlaybook.replacing("ttl: 60", with: "ttl: 60, root: '/x'"))
        == "p.json5:9:14: the key 'root' is given twice; the first one is at 7:5")
  }

  @Test("what is no playbook at all is refused with a place")
  func notAPlaybook() {
    let cases: [([UInt8], String)] = [
      ([], "1:1: expected a value, found the end of the document"),
      (Array("[]".utf8), "1:1: expected an object with keys such as playbook"),
      ([0x7F, 0x45, 0x4C, 0x46, 0x02], "1:1: expected a value, found the control character"),
      ([0xFF, 0xFE, 0x7B, 0x00], "1:1: expected UTF-8 text, found the byte 0xFF"),
      (
        Array(soundPlaybook.utf8.prefix(700)),
        "25:1: expected '}' for the object opened at 24:13, found the end of the document"
      ),
      ([UInt8](repeating: 0x5B, count: 1_000_000), "1:129: values are nested more than 128 deep"),
      (
        [UInt8](repeating: 0x20, count: 9 << 20),
        "1:1: the document has 9437184 bytes; at most 8388608 are read"
      ),
    ]
    for (bytes, expected) in cases {
      let error = #expect(throws: PlaybookProblems.self) {
        try ToyCatalog.reader.read(bytes, file: "p.json5")
      }
      let first = error?.problems.first?.description ?? ""
      #expect(first.hasPrefix("p.json5:" + expected), "\(first)")
    }
  }

  @Test("a thousand mistakes are bounded")
  func bounded() throws {
    let keys = (0..<1000).map { "k\($0): 1" }.joined(separator: ", ")
    let error = #expect(throws: PlaybookProblems.self) {
      try ToyCatalog.reader.read(Array("{\(keys)}".utf8), file: "p")
    }
    #expect(error?.problems.count == PlaybookProblems.problemsMax)
    #expect(error?.description.hasSuffix("more mistakes") == true)
  }
}
