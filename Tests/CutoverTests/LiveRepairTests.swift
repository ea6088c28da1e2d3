import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Program

/// A store of words in memory, and functions whose one variable is told by their names.
private struct Court: ValueStore, CloudExchange {
  let url: ResourceURL
  let words: [String: String]
  let functions: [String: String]

  init(_ words: [String: String], _ functions: [String: String]) throws {
    url = try ResourceURL("court://deploy")
    self.words = words
    self.functions = functions
  }

  var isAtomic: Bool { true }

  func value(of key: String, as type: ValueType) async throws(Failure) -> ValueAnswer {
    words[key].flatMap { StoredValue($0, as: type) }.map { .value($0) } ?? .absent
  }

  func replace(
    _ key: String, _ type: ValueType, former: StoredValue?, with value: StoredValue?, again: Bool
  ) async throws(Failure) -> ValueReplacement {
    throw .refused("this court is only looked at", hint: "")
  }

  func call(
    _ call: CloudCall, in context: ProviderContext
  ) async throws(CloudFailure) -> CloudReply {
    let name = String((call.route?.path ?? "").split(separator: "/").dropLast().last ?? "")
    guard let value = functions[name] else {
      throw .service(code: "ResourceNotFoundException", .permanent("none", hint: ""))
    }
    let answer: JSONValue = [
      "FunctionName": .string(name), "Environment": ["Variables": ["TABLE": .string(value)]],
    ]
    return CloudReply(status: 200, headers: [], body: answer.compact())
  }

  func permissions(for use: CloudUse) throws(Failure) -> [Permission] { [] }

  /// The repair that is proposed where a colour is recorded, as words.
  func repair(recorded: Colour, neutral: Bool = false) async throws -> String? {
    func sign(_ colour: Colour) -> LiveIndicator.Sign {
      let own = LiveIndicator.FunctionSign(
        function: "api_\(colour.rawValue)", place: CloudPlace(), variable: "TABLE",
        value: "court-{value}", key: "source")
      let shared = LiveIndicator.FunctionSign(
        function: "trigger", place: CloudPlace(), variable: "TABLE",
        value: "live-\(colour.rawValue)")
      return .init(
        value: "", stack: nil, word: colour.rawValue, functions: neutral ? [own, shared] : [own])
    }
    let indicator = LiveIndicator(
      record: nil, store: .init(url: url, key: "current-color"), blue: sign(.blue),
      green: sign(.green))
    let provider = Provider(
      scheme: "court", summary: "A court.", example: "court://deploy",
      open: .values { [self] (_, _) throws(Failure) in self })
    let outside = Site.Outside(
      resources: ResourceCatalog([provider]),
      context: ProviderContext(
        secrets: Secrets { (_, _) throws(Failure) in nil }, clock: ManualClock()),
      resolver: FakeResolver(), http: FakeHTTP(), cloud: self, processEnvironment: [:])
    let sight = try await LiveSight.look(at: indicator, from: outside)
    let record = EnvironmentRecord(
      name: "court", live: recorded, since: Timestamp(milliseconds: 0))
    return LiveRepair(sight: sight, recorded: record).words?.joined(separator: " ")
  }
}

@Suite("Which repair is proposed", .waiting)
struct LiveRepairTests {
  private static let start = "environments reconcile court"
  private static let end = "--reason TEXT"

  @Test("nothing where all agree, or where both colours use one table")
  func agrees() async throws {
    let words = ["current-color": "green", "source": "alpha"]
    for blue in ["court-alpha", "court-beta"] {
      let court = try Court(words, ["api_green": "court-alpha", "api_blue": blue])
      #expect(try await court.repair(recorded: .green) == nil)
    }
  }

  @Test("the table that the live functions use is put into the store")
  func staleVersion() async throws {
    // The switch was made and its clean-up failed: blue is live on beta, the source says alpha.
    let functions = ["api_blue": "court-beta", "api_green": "court-alpha", "trigger": "live-blue"]
    let court = try Court(["current-color": "blue", "source": "alpha"], functions)
    #expect(
      try await court.repair(recorded: .blue, neutral: true)
        == "\(Self.start) --put source=beta \(Self.end)")
    // Nor was the colour written anywhere.
    let stale = try Court(["current-color": "green", "source": "alpha"], functions)
    #expect(
      try await stale.repair(recorded: .green, neutral: true)
        == "\(Self.start) --set blue --put current-color=blue --put source=beta \(Self.end)")
  }

  @Test("a store that others changed corrects the record, and one that is empty is filled")
  func colours() async throws {
    let functions = ["api_blue": "court-alpha", "api_green": "court-alpha"]
    let switched = try Court(["current-color": "blue", "source": "alpha"], functions)
    #expect(
      try await switched.repair(recorded: .green) == "\(Self.start) --set blue \(Self.end)")
    let empty = try Court(["source": "alpha"], functions)
    #expect(
      try await empty.repair(recorded: .green)
        == "\(Self.start) --put current-color=green \(Self.end)")
  }
}
