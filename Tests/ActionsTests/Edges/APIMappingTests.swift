import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Base path mappings of moto, read back with boto3, and of a cloud that answers as the test says.
@Suite("Mapping domains to APIs", .waiting)
struct APIMappingTests {
  /// Makes two REST APIs with a stage `test` and a domain; prints their ids.
  private static func making(_ name: String) -> String {
    """
    api = client('apigateway')
    ids = []
    for colour in ['blue', 'green']:
        id = api.create_rest_api(name='gateway_\(name)_' + colour)['id']
        root = api.get_resources(restApiId=id)['items'][0]['id']
        api.put_method(restApiId=id, resourceId=root, httpMethod='GET', authorizationType='NONE')
        api.put_integration(restApiId=id, resourceId=root, httpMethod='GET', type='MOCK')
        api.create_deployment(restApiId=id, stageName='test')
        ids.append(id)
    domain = 'api.\(name).test'
    api.create_domain_name(domainName=domain, certificateName='c')
    # Asked about a domain that never had a mapping, moto fails with 500.
    api.create_base_path_mapping(domainName=domain, basePath='x', restApiId=ids[0], stage='test')
    api.delete_base_path_mapping(domainName=domain, basePath='x')
    print(' '.join(ids), end='')
    """
  }

  private static func mapping(_ name: String, in server: MotoServer) throws -> String {
    try server.python(
      """
      m = client('apigateway').get_base_path_mappings(domainName='api.\(name).test')
      print(' '.join(i['basePath'] + '=' + i['restApiId'] + '/' + i['stage']
                     for i in m.get('items', [])), end='')
      """)
  }

  @Test("a domain is pointed to another API and back, and made where there was none")
  func moto() async throws {
    let server = try MotoServer.shared()
    let ids = try server.python(Self.making("maps")).split(separator: " ").map(String.init)
    let stage = try CloudStage(server.environment)
    let input = "domain: 'api.maps.test', stage: 'test'"
    let first = try stage.rig(APIMapping.self, "{\(input), api: 'gateway_maps_blue'}", step: "one")
    #expect(
      try await first.plan().changes == [
        "point the mapping of api.maps.test to \(ids[0]), stage test"
      ])
    #expect(
      try await first.apply().outputs == ["restApiId": ids[0], "formerApiId": ""])
    #expect(try Self.mapping("maps", in: server) == "(none)=\(ids[0])/test")
    let second = try stage.rig(
      APIMapping.self, "{\(input), api: 'gateway_maps_green'}", step: "two")
    try await second.apply()
    #expect(try Self.mapping("maps", in: server) == "(none)=\(ids[1])/test")
    #expect(try await second.verify().isPassed)
    #expect(try await !first.verify().isPassed)
    // Carried on by another process, and undone twice.
    try await stage.rig(
      APIMapping.self, "{\(input), api: 'gateway_maps_green'}", step: "two",
      journal: second.journal
    ).apply()
    for _ in 1...2 { try await second.undo() }
    #expect(try Self.mapping("maps", in: server) == "(none)=\(ids[0])/test")
    let away = try stage.rig(APIUnmap.self, "{domain: 'api.maps.test'}", step: "away")
    #expect(try await away.apply().outputs == ["formerApiId": ids[0]])
    #expect(try Self.mapping("maps", in: server) == "")
    #expect(try await away.verify().isPassed)
    for _ in 1...2 { try await away.undo() }
    #expect(try Self.mapping("maps", in: server) == "(none)=\(ids[0])/test")
    try await first.undo()
    #expect(try Self.mapping("maps", in: server) == "")
    // No domain is no mapping, where that is what is wanted.
    let nowhere = try stage.rig(APIUnmap.self, "{domain: 'api.nowhere.test'}")
    #expect(try await nowhere.plan().changes.isEmpty)
    try await nowhere.apply()
    let missing = try stage.rig(
      APIMapping.self, "{domain: 'api.nowhere.test', api: 'gateway_maps_blue', stage: 'test'}")
    let failure = try await #require(throws: Failure.self) { try await missing.plan() }
    #expect(failure.summary == "API Gateway has no custom domain api.nowhere.test here")
  }

  @Test("several APIs of one name are refused, on whatever page they stand")
  func twins() async throws {
    let fake = FakeGateway(apis: [[("a1", "api"), ("b1", "other")], [("a2", "api")]])
    let stage = try ScriptedStage(fake.cloud)
    let rig = try stage.rig(APIMapping.self, "{domain: 'd.test', api: 'api', stage: 's'}")
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.kind == .refused)
    #expect(failure.summary == "2 REST APIs are called api: a1, a2")
    let gone = try stage.rig(APIMapping.self, "{domain: 'd.test', api: 'none', stage: 's'}")
    await #expect(throws: Failure.self) { try await gone.plan() }
  }

  @Test("what somebody else maps meanwhile is neither overwritten nor taken back")
  func interference() async throws {
    let fake = FakeGateway(apis: [[("a1", "blue"), ("a2", "green")]])
    fake.set("a1")
    let stage = try ScriptedStage(fake.cloud)
    let rig = try stage.rig(APIMapping.self, "{domain: 'd.test', api: 'green', stage: 's'}")
    _ = try await rig.plan()
    fake.set("x9")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused && failure.summary.contains("leads to x9, stage s"))
    #expect(fake.cloud.seen("UpdateBasePathMapping").isEmpty)
    fake.set("a1")
    try await rig.apply()
    fake.set("x9")
    try await rig.undo()
    #expect(fake.mapped == "x9")
    #expect(rig.journal.notes.last?.contains("left alone") == true)
    // What is gone is put back: there is nobody's mapping to lose.
    fake.set(nil)
    try await rig.undo()
    #expect(fake.mapped == "a1")
    let away = try stage.rig(APIUnmap.self, "{domain: 'd.test'}", step: "away")
    _ = try await away.plan()
    fake.set("x9")
    await #expect(throws: Failure.self) { try await away.apply() }
    #expect(fake.mapped == "x9")
  }

  @Test("it changes in one request, so that there is no moment without a mapping")
  func noGap() async throws {
    let fake = FakeGateway(apis: [[("a1", "blue"), ("a2", "green")]])
    fake.set("a1")
    let stage = try ScriptedStage(fake.cloud)
    let rig = try stage.rig(APIMapping.self, "{domain: 'd.test', api: 'green', stage: 's'}")
    // The answer to the change is lost; the next look finds it done.
    fake.loseNextAnswer()
    try await rig.apply()
    #expect(fake.mapped == "a2")
    let updates = fake.cloud.seen("UpdateBasePathMapping")
    #expect(updates.count == 1)
    #expect(updates.first?.path == "/domainnames/d.test/basepathmappings/%28none%29")
    #expect(
      updates.first?.input["patchOperations"]?.compact()
        == JSONValue.array([
          ["op": "replace", "path": "/restapiId", "value": "a2"]
        ]).compact())
    #expect(fake.cloud.seen("DeleteBasePathMapping").isEmpty)
    // Denied is not 'there is none'.
    fake.deny()
    let failure = try await #require(throws: Failure.self) {
      try await stage.rig(APIUnmap.self, "{domain: 'd.test'}").plan()
    }
    #expect(failure.kind == .refused)
  }

  @Test("the rights name the domain, and the methods that API Gateway grants by")
  func rights() async throws {
    let input = "{domain: 'd.test', api: 'green', stage: 's', region: 'us-west-1'}"
    let rights = try ActionDescriptor(APIMapping.self).rights(
      of: try JSONValue(reading: Array(input.utf8), dialect: .json5))
    let place = CloudPlace(region: "us-west-1")
    #expect(
      rights.contains(
        .call(
          CloudUse(
            "apigateway", "UpdateBasePathMapping", method: "PATCH", at: place,
            on: "arn:aws:apigateway:us-west-1::/domainnames/d.test/basepathmappings/*"))))
    // Both together make every call that either makes.
    let fake = FakeGateway(apis: [[("a1", "blue"), ("a2", "green")]])
    fake.set("a1")
    let stage = try ScriptedStage(fake.cloud)
    let map = "{domain: 'd.test', api: 'green', stage: 's'}"
    let unmap = "{domain: 'd.test'}"
    let rigs = [
      try stage.rig(APIMapping.self, map, step: "map"),
      try stage.rig(APIUnmap.self, unmap, step: "unmap"),
    ]
    for rig in rigs { try await rig.apply() }
    for rig in rigs.reversed() { try await rig.undo() }
    let granted = try DeclaredCalls.operations([
      (ActionDescriptor(APIMapping.self), map), (ActionDescriptor(APIUnmap.self), unmap),
    ])
    #expect(Set(fake.cloud.seen().map(\.operation)).isSubset(of: granted))
  }
}
