import Harness
import Resources
import Testing

@testable import Rollouts

@Suite("How a playbook tells which colour is live", .waiting)
struct LiveSectionTests {
  private static let record = """
    zone: "zonefile://${root}/zone", name: "www.${domain}", value: "${color.address}",
    """

  /// The sound playbook with another `live` section.
  private func text(_ live: String) -> String {
    soundPlaybook.replacing(Self.record, with: live, maxReplacements: 1)
  }

  private func indicator(_ live: String) throws -> LiveIndicator {
    let text = text(live)
    let playbook = try ToyCatalog.reader.read(Array(text.utf8), file: "p.json5")
    return try #require(try playbook.liveIndicator())
  }

  private func problems(_ live: String) -> String {
    do {
      _ = try ToyCatalog.reader.read(Array(text(live).utf8), file: "p")
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test("a store alone tells, by the colours' names or by words of their own")
  func store() throws {
    #expect(soundPlaybook.contains(Self.record))
    let plain = try indicator("values: 'values://${root}/v.json', key: 'current-color',")
    #expect(plain.record == nil && plain.store?.url.text == "values:///srv/v.json")
    #expect(plain.store?.key == "current-color" && plain.store?.absent == nil)
    #expect(plain.blue.word == "blue" && plain.green.word == "green")
    #expect(plain.green.stack?.text == "process:///srv/stacks/green")
    let other = try indicator(
      "values: 'values:///v.json', key: 'k', value: '${color.stack}', absent: 'green',")
    #expect(other.blue.word == "blue" && other.store?.absent == .green && other.blue.value == "")
    let both = try indicator(
      "\(Self.record) values: 'values:///v.json', key: 'k', holds: 'c-${color}',")
    #expect(both.record?.name == "www.shop.example" && both.blue.value == "blue.shop.example.")
    #expect(both.green.word == "c-green")
  }

  @Test("functions are read for both colours, and a stored value is found in what they say")
  func functions() throws {
    let live = try indicator(
      """
      values: 'values:///v.json', key: 'k', functions: [{ function: 'api_${color}',
        region: 'us-east-1', role: 'r', variable: 'TABLE', value: 'shop-{value}-x', key: 'v' }],
      """)
    let sign = try #require(live.green.functions.first)
    #expect(sign.function == "api_green" && live.blue.functions.first?.function == "api_blue")
    #expect(sign.place == CloudPlace(region: "us-east-1", role: "r"))
    #expect(sign.filled("alpha") == "shop-alpha-x" && sign.filler(of: "shop-beta-x") == "beta")
    for found in ["shop--x", "beta", "shop-x", "shop-beta"] {
      #expect(sign.filler(of: found) == nil)
    }
    #expect(sign.use.operation == "GetFunctionConfiguration")
    #expect(sign.use.resource == "arn:aws:lambda:us-east-1:*:function:api_green")
  }

  @Test("a section that names neither in full is told what it lacks")
  func incomplete() {
    #expect(problems("").contains("lacks the key 'zone'"))
    #expect(problems("values: 'values:///v.json',").contains("lacks the key 'key'"))
    #expect(problems("key: 'k',").contains("lacks the key 'values'"))
    let both = problems("name: 'www', values: 'values:///v.json', key: 'k',")
    #expect(both.contains("lacks the key 'zone'") && both.contains("lacks the key 'value'"))
    let fixed = problems("values: 'values:///v.json', key: 'k', holds: 'blue',")
    #expect(fixed.contains("such as '${color}'"))
    let keyed = problems(
      "\(Self.record) functions: [{ function: 'f', variable: 'V', value: '{value}', key: 'k' }],")
    #expect(keyed.contains("a key needs the store that has it"))
    #expect(problems("values: 'sqlite:///a#b', key: 'k',").contains("names a table"))
  }
}
