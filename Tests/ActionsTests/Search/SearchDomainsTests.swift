import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Search domains of moto, which are ready at once, and of a cloud that takes its time.
@Suite("Search domains", .waiting)
struct SearchDomainsTests {
  private static func domain(_ more: JSONValue) -> JSONValue {
    var status: JSONValue = ["DomainName": "d", "Created": true, "Deleted": false]
    for member in more.members ?? [] { status[member.name] = member.value }
    return ["DomainStatus": status]
  }

  /// A cloud whose domain goes through these states, the last of them for good.
  private final class Slow: Sendable {
    private final class States: Sendable {
      let rest: Mutex<[JSONValue?]>
      init(_ states: [JSONValue?]) { rest = Mutex(states) }
    }

    let cloud: ScriptedCloud
    private let states: States

    func set(_ states: [JSONValue?]) { self.states.rest.withLock { $0 = states } }

    init(_ states: [JSONValue?], variable: String = "search-other-x.us-east-1.es.amazonaws.com") {
      let box = States(states)
      self.states = box
      cloud = ScriptedCloud { (call) throws(CloudFailure) in
        switch call.operation {
        case "DescribeDomain":
          let state = box.rest.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? nil }
          guard let state else { throw ScriptedCloud.error("ResourceNotFoundException") }
          if state == "denied" { throw ScriptedCloud.error("AccessDeniedException") }
          return SearchDomainsTests.domain(state)
        case "GetFunctionConfiguration":
          return [
            "FunctionName": "api", "Environment": ["Variables": ["ENDPOINT": .string(variable)]],
          ]
        case _: return .object([])
        }
      }
    }
  }

  private static let ready: JSONValue = [
    "Processing": false, "Endpoints": ["vpc": "vpc-d-x.us-east-1.es.amazonaws.com"],
  ]

  @Test("a domain is waited for until it is made, unchanged and has an endpoint")
  func ensures() async throws {
    let slow = Slow([
      nil, ["Created": false, "Processing": true], ["Processing": true], ["Processing": false],
      Self.ready,
    ])
    let rig = try ScriptedStage(slow.cloud).rig(SearchEnsure.self, "{domain: 'd', every: '30s'}")
    #expect(
      try await rig.apply().outputs == ["endpoint": "vpc-d-x.us-east-1.es.amazonaws.com"])
    #expect(try await rig.verify().isPassed)
    #expect(slow.cloud.seen("DescribeDomain").first?.path == "/2021-01-01/opensearch/domain/d")
  }

  @Test("what never comes, is going or is broken fails at once, and denied is not 'none'")
  func ensureFails() async throws {
    let cases: [(JSONValue?, String)] = [
      (nil, "there is no search domain d here"), (["Deleted": true], "is being deleted"),
      (["DomainProcessingStatus": "Isolated"], "isolated"), ("denied", "AccessDeniedException"),
    ]
    for (state, part) in cases {
      let rig = try ScriptedStage(Slow([state]).cloud).rig(SearchEnsure.self, "{domain: 'd'}")
      let failure = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(failure.summary.contains(part), "\(failure.summary)")
    }
  }

  @Test("a missing domain is made after its definition, and only that one is deleted by undo")
  func makes() async throws {
    let slow = Slow([nil, nil, ["Created": false], Self.ready])
    let stage = try ScriptedStage(slow.cloud)
    let input = "{domain: 'd', create: {EngineVersion: 'OpenSearch_2.11'}, \(Self.live)}"
    let rig = try stage.rig(SearchEnsure.self, input)
    #expect(try await rig.plan().changes == ["make the search domain d"])
    try await rig.apply()
    let made = slow.cloud.seen("CreateDomain")
    #expect(made.map(\.path) == ["/2021-01-01/opensearch/domain"])
    #expect(made[0].input["DomainName"] == "d" && made[0].input["EngineVersion"] != nil)
    slow.set([Self.ready, ["Deleted": true], nil])
    for _ in 1...2 { try await rig.undo() }
    #expect(slow.cloud.seen("DeleteDomain").count == 1)
    let granted = try DeclaredCalls.operations([(ActionDescriptor(SearchEnsure.self), input)])
    #expect(Set(slow.cloud.seen().map(\.operation)) == granted)
    // One that was there is not made and not deleted; neither is one that became live.
    let there = Slow([Self.ready])
    let idle = try ScriptedStage(there.cloud).rig(SearchEnsure.self, input)
    try await idle.apply()
    try await idle.undo()
    #expect(there.cloud.seen("CreateDomain", "DeleteDomain").isEmpty)
    let live = Slow([nil, nil, Self.ready], variable: "vpc-d-x.us-east-1.es.amazonaws.com")
    let used = try ScriptedStage(live.cloud).rig(SearchEnsure.self, input)
    try await used.apply()
    let failure = try await #require(throws: Failure.self) { try await used.undo() }
    #expect(failure.kind == .refused && live.cloud.seen("DeleteDomain").isEmpty)
  }

  private static let live = "live: [{function: 'api', variable: 'ENDPOINT'}]"

  @Test("a domain is deleted once, and gone only when the service says that there is none")
  func deletes() async throws {
    let slow = Slow([
      Self.ready, Self.ready, ["Deleted": true], ["Deleted": true, "Processing": true], nil,
    ])
    let rig = try ScriptedStage(slow.cloud).rig(
      SearchDelete.self, "{domain: 'd', \(Self.live), notEqual: ['e']}")
    #expect(try await !rig.plan().isReversible)
    try await rig.apply()
    #expect(slow.cloud.seen("DeleteDomain").count == 1 && rig.journal.hasCrossed)
    #expect(try await rig.verify().isPassed)
    // A try after that, and a domain that never was, find nothing to do.
    try await rig.apply()
    let none = try ScriptedStage(Slow([nil]).cloud).rig(
      SearchDelete.self, "{domain: 'd', \(Self.live)}")
    #expect(try await none.plan().isReversible)
    #expect(try await none.apply().notes == ["the search domain d was gone already"])
    let denied = Slow([Self.ready, Self.ready, "denied"])
    let stuck = try ScriptedStage(denied.cloud).rig(
      SearchDelete.self, "{domain: 'd', \(Self.live)}")
    let failure = try await #require(throws: Failure.self) { try await stuck.apply() }
    #expect(failure.kind == .refused && failure.summary.contains("AccessDenied"))
  }

  @Test(
    "a domain that a live function or a deploy value names is never deleted",
    arguments: ["vpc-d-x.us-east-1.es.amazonaws.com", "d", "https://search-d-1.x"])
  func guards(variable: String) async throws {
    let slow = Slow([Self.ready], variable: variable)
    let stage = try ScriptedStage(slow.cloud)
    for input in ["{domain: 'd', \(Self.live)}", "{domain: 'd', notEqual: ['d']}"] {
      let failure = try await #require(throws: Failure.self) {
        try await stage.rig(SearchDelete.self, input).plan()
      }
      #expect(failure.kind == .refused && failure.summary.contains("d is not deleted"))
    }
    // It is looked at again right before: a switch may come between.
    let journal = ActionJournal()
    let other = Slow([Self.ready])
    _ = try await ScriptedStage(other.cloud).rig(
      SearchDelete.self, "{domain: 'd', \(Self.live)}", journal: journal
    ).plan()
    await #expect(throws: Failure.self) {
      try await stage.rig(SearchDelete.self, "{domain: 'd', \(Self.live)}", journal: journal)
        .apply()
    }
    #expect(slow.cloud.seen("DeleteDomain").isEmpty)
    #expect(throws: Failure.self) { try stage.rig(SearchDelete.self, "{domain: 'd'}") }
  }

  @Test("domains of moto: its endpoint, what they hold, and gone as boto3 sees it")
  func moto() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      client('opensearch').create_domain(DomainName='search-new')
      client('es').create_elasticsearch_domain(DomainName='search-old')
      """)
    func left() throws -> String {
      try server.python(
        """
        names = client('opensearch').list_domain_names()['DomainNames']
        print(*sorted(n['DomainName'] for n in names if n['DomainName'].startswith('search-')),
              end='')
        """)
    }
    try await SearchServer.run { documents in
      let stage = try CloudStage(server.environment)
      for (name, service) in [("search-new", "opensearch"), ("search-old", "es")] {
        let ensure = try stage.rig(
          SearchEnsure.self, "{domain: '\(name)', service: '\(service)'}", step: "ensure-\(name)")
        #expect(try await ensure.apply().outputs["endpoint"]?.isEmpty == false)
        try documents.fill(name, "efcms-case", 1)
        let endpoint = documents.endpoint(name)
        let delete = try stage.rig(
          SearchDelete.self,
          """
          {domain: '\(name)', service: '\(service)', mustBeEmpty: true, endpoint: '\(endpoint)'}
          """, step: "delete-\(name)")
        let failure = try await #require(throws: Failure.self) { try await delete.apply() }
        #expect(failure.summary == "the search domain \(name) is not deleted: it is not empty")
        // What the dashboards keep of themselves does not count.
        try documents.send("PUT", "/@\(name)/efcms-case/_doc/1", "{\"type\": \"config\"}")
        try await delete.apply()
        #expect(try await delete.verify().isPassed)
      }
      #expect(try left() == "")
    }
  }
}
