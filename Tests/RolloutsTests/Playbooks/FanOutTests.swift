import Harness
import JSON
import Resources
import Testing

@testable import Rollouts

@Suite("Entries that stand for several steps, and what ties steps together", .waiting)
struct FanOutTests {
  private func read(_ steps: String, sections: String = "") throws -> Playbook {
    let text = """
      { playbook: 1, environment: "court", parameters: { west: "us-west-1", on: true }, \(sections)
        steps: [ \(steps) ] }
      """
    return try ToyCatalog.reader.read(Array(text.utf8), file: "p.json5")
  }

  private func problems(_ steps: String, sections: String = "") -> String {
    do {
      _ = try read(steps, sections: sections)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  private let each = #"each: { west: { region: "${west}" }, east: { region: "us-east-1" } }, "#

  private func gate(_ id: String, _ more: String = "", prompt: String = "x") -> String {
    #"{ id: "\#(id)", uses: "gate.approval", \#(more)with: { role: "\#(prompt)" } },"#
  }

  @Test("each key makes a step, one after the other, and others wait for all by one name")
  func inTurn() throws {
    let playbook = try read(
      gate("first") + gate("map", each, prompt: "in ${each.region} of ${each.key}")
        + gate("next") + gate("last", #"after: ["map"], "#))
    #expect(playbook.steps.map(\.id) == ["first", "map-west", "map-east", "next", "last"])
    #expect(
      playbook.steps.map(\.after) == [
        [], ["first"], ["map-west"], ["map-west", "map-east"], ["map-west", "map-east"],
      ])
    let input = try playbook.input(of: "map-west", from: .blue) { _, _ in nil }
    #expect(input["role"]?.string == "in us-west-1 of west")
  }

  @Test("side by side they wait for the same, and the step below waits for all")
  func together() throws {
    let playbook = try read(
      gate("first") + gate("map", each + "together: true, ") + gate("next"))
    #expect(playbook.steps.map(\.after) == [[], ["first"], ["first"], ["map-west", "map-east"]])
  }

  @Test("an unknown value of a key is told, and the escaped mark stays as it is")
  func mistakes() throws {
    #expect(
      problems(gate("map", each, prompt: "${each.regoin}")).contains(
        "'west' of 'each' has no value 'regoin'; did you mean 'region'?"))
    #expect(
      problems(gate("map", "", prompt: "${each.region}")).contains(
        "${each.region} is known only in a step that has 'each' with such a value"))
    let playbook = try read(gate("map", each, prompt: "$${each.region}"))
    let input = try playbook.input(of: "map-west", from: .blue) { _, _ in nil }
    #expect(input["role"]?.string == "${each.region}")
  }

  @Test("conditions have names, opposites, and hold together")
  func conditions() throws {
    let sections =
      #"conditions: { on: "${on}", off: { value: "${on}", is: ["false"], isNot: ["true"] } },"#
    let playbook = try read(
      gate("a", #"when: "on", "#) + gate("b", #"when: "!on", "#)
        + gate("c", #"when: ["on", "!off"], "#) + gate("d", #"when: ["on", "off"], "#),
      sections: sections)
    let reasons = try ["a", "b", "c", "d"].map {
      try playbook.omission(of: $0, from: .blue) { _, _ in nil }
    }
    #expect(
      reasons == [
        nil, "the condition 'on' gives 'true'", nil, "the condition 'off' gives 'true'",
      ])
  }

  @Test("a closing step waits for what it closes, and for nothing else")
  func closes() throws {
    let playbook = try read(
      gate("a", "after: [], ") + gate("b", "after: [], ")
        + gate("tidy", #"closes: ["a"], "#) + gate("end"))
    #expect(playbook.step("tidy")?.after == ["a"] && playbook.step("tidy")?.closes == ["a"])
    #expect(playbook.step("end")?.after == ["tidy"])
    #expect(
      problems(gate("a") + gate("t", #"closes: ["a"], "#) + gate("u", #"closes: ["t"], "#))
        .contains("step 't' closes others itself"))
    #expect(
      problems(gate("a") + gate("t", #"closes: ["a"], "#) + gate("u", #"closes: ["a"], "#))
        .contains("step 'a' is closed by step 't' already"))
  }
}
