import JSON
import Resources
import Testing

@testable import Actions

@Suite("Conditions on answers")
struct CloudConditionTests {
  private func conditions(_ text: String) throws -> [CloudCondition] {
    let object = try JSONValue(reading: Array(text.utf8), dialect: .json5)
    let all = try #require(object.members).map { ($0.name, $0.value) }
    return try CloudCondition.all(Dictionary(uniqueKeysWithValues: all), of: "step")
  }

  private func holds(_ condition: String, _ answer: JSONValue) throws -> Bool {
    try conditions(condition).allSatisfy { $0.holds(in: answer) }
  }

  @Test("what may be missing for some values must be there for all others, and be right")
  func mayLack() throws {
    func count(_ operation: String) -> String {
      "{'files.failed': {is: 0, mayLack: {value: '\(operation)', is: ['assets', 'none']}}}"
    }
    for (operation, answer, isGood) in [
      ("assets", [:], true), ("both", [:], false), ("both", ["files": ["failed": 0]], true),
      ("both", ["files": ["failed": nil]], false), ("assets", ["files": ["failed": nil]], true),
      ("assets", ["files": ["failed": 2]], false), ("none", ["files": ["failed": 0]], true),
    ] as [(String, JSONValue, Bool)] {
      #expect(try holds(count(operation), answer) == isGood, "\(operation) \(answer.text)")
    }
    // The text of a truth is that truth.
    let flag = "{done: {is: true, mayLack: {value: 'false', is: [false]}}}"
    #expect(try holds(flag, [:]))
    #expect(try !holds(flag, ["done": false]))
    let strict = "{done: {is: true, mayLack: {value: true, is: [false]}}}"
    #expect(try !holds(strict, [:]))
  }

  @Test("a mistake in it is told")
  func mistakes() throws {
    for bad in ["true", "{value: 1}", "{value: 1, is: 2}", "{value: 1, is: [], of: 2}"] {
      let failure = try #require(throws: Failure.self) {
        try conditions("{done: {is: true, mayLack: \(bad)}}")
      }
      #expect(failure.summary.contains("'mayLack' at done takes { value: …, is: [ … ] }"))
    }
  }
}
