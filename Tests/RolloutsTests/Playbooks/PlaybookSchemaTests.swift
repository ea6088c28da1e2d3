import Harness
import JSON
import Testing

@testable import Rollouts

@Suite("The JSON Schema of playbooks", .waiting)
struct PlaybookSchemaTests {
  /// Reads the schema, then one document a line; says "fine" or where the first mistake is.
  private static let program = #"""
    import json, sys
    from jsonschema import Draft202012Validator
    lines = sys.stdin.read().splitlines()
    schema = json.loads(lines[0])
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for line in lines[1:]:
      errors = sorted(validator.iter_errors(json.loads(line)), key=lambda e: e.json_path)
      print(errors[0].json_path if errors else "fine")
    """#

  /// What an independent validator makes of playbooks, given as JSON5.
  private func judge(_ playbooks: [String]) throws -> [String] {
    let schema = schema(of: ToyCatalog.actions, ToyCatalog.resources)
    let documents = try playbooks.map { text in
      try JSONValue(reading: Array(text.utf8), dialect: .json5).text
    }
    let input = ([schema.text] + documents).joined(separator: "\n")
    let output = try Tool.run(["python3", "-c", Self.program], input: Array(input.utf8))
    #expect(output.status == 0, "\(output.errorText)")
    return output.text.split(separator: "\n").map(String.init)
  }

  @Test("a sound playbook is fine, with the key by which editors find the schema")
  func sound() throws {
    let marked = soundPlaybook.replacing(
      "playbook: 1", with: "$schema: './playbook.schema.json', playbook: 1")
    #expect(try judge([soundPlaybook, marked]) == ["fine", "fine"])
    #expect(throws: Never.self) {
      try ToyCatalog.reader.read(Array(marked.utf8), file: "p")
    }
  }

  @Test("broken playbooks are refused where they are broken")
  func broken() throws {
    let cases = [
      ("playbook: 1", "playbook: 2", "$.playbook"),
      ("playbook: 1,", "", "$"),
      ("description:", "descriptoin:", "$"),
      ("environment: \"shop\"", "environment: \"my shop\"", "$.environment"),
      ("root: \"/srv\"", "steps: \"/srv\"", "$.parameters"),
      ("green: {", "red: {", "$.colors"),
      ("\"${color.address}\"", "5", "$.live.value"),
      ("\"zonefile://${root}/zone\", name: \"www", "\"zone\", name: \"www", "$.live.zone"),
      ("backOff: \"1s\"", "backOff: \"1 second\"", "$.defaults.backOff"),
      ("attempts: 5", "attempts: \"${ttl}\"", "$.defaults.attempts"),
      ("uses: \"tables.copy\"", "uses: \"tables.cpoy\"", "$.steps[2].uses"),
      ("id: \"copy\"", "id: \"../copy\"", "$.steps[2].id"),
      ("attempts: 1", "attempts: 0", "$.steps[2].attempts"),
      ("attempts: 1", "atempts: 1", "$.steps[2]"),
      ("from: \"sqlite", "form: \"sqlite", "$.steps[2].with.pairs"),
      ("role: \"lead\"", "rule: \"lead\"", "$.steps[4].with"),
      ("with: { role: \"lead\" }", "", "$.steps[4]"),
      ("ttl: 30", "ttl: 86401", "$.steps[5].with.ttl"),
      ("ttl: 30", "ttl: '30'", "$.steps[5].with.ttl"),
      ("ttl: 30", "settle: '90'", "$.steps[5].with.settle"),
      ("ttl: 30", "at: 'noon'", "$.steps[5].with.at"),
      ("ttl: 30", "mode: 'both'", "$.steps[5].with.mode"),
      ("ttl: 30", "force: 1", "$.steps[5].with.force"),
      ("TOKEN: \"${secret:env:TOKEN}\"", "TOKEN: 5", "$.steps[0].with.environment"),
      ("promotes: true", "promotes: 1", "$.steps[5].promotes"),
    ]
    let playbooks = cases.map { old, new, _ in
      #expect(soundPlaybook.contains(old), "\(old)")
      return soundPlaybook.replacing(old, with: new, maxReplacements: 1)
    }
    #expect(try judge(playbooks) == cases.map(\.2))
    // The reader is never milder than the schema.
    for playbook in playbooks {
      #expect(throws: PlaybookProblems.self) {
        try ToyCatalog.reader.read(Array(playbook.utf8), file: "p")
      }
    }
  }

  @Test("every field of every action is described, with its default in its own type")
  func described() throws {
    let schema = schema(of: ToyCatalog.actions, ToyCatalog.resources)
    let rules = try #require(schema["properties"]?["steps"]?["items"]?["allOf"]?.elements)
    #expect(rules.count == ToyCatalog.actions.actions.count)
    for (rule, action) in zip(rules, ToyCatalog.actions.actions) {
      let fields = rule["then"]?["properties"]?["with"]?["properties"]
      for input in action.inputs {
        #expect(fields?[input.name]?["description"]?.string == input.help)
      }
    }
    let point = rules[2]["then"]?["properties"]?["with"]?["properties"]
    #expect(point?["ttl"]?["default"] == 60)
    #expect(point?["force"]?["default"] == false)
    #expect(point?["mode"]?["default"] == "replace")
  }
}
