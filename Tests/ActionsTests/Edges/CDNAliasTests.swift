import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Moving names between distributions, above all the moment in which no distribution has them.
@Suite("Moving names of CloudFront", .waiting)
struct CDNAliasTests {
  private static let general = "app.example.test"
  private static let input =
    "{alias: '\(general)', from: 'app-blue.example.test', to: 'app-green.example.test'}"

  private func fake() -> FakeCDN {
    FakeCDN([
      "EBLUE": .init(names: ["app-blue.example.test", Self.general]),
      "EGREEN": .init(names: ["app-green.example.test"]),
    ])
  }

  private func rig(_ fake: FakeCDN, _ input: String = input) throws -> ActionRig {
    try ScriptedStage(fake).rig(CDNAlias.self, input)
  }

  @Test("the name goes over, the step waits for both distributions, and undo takes it back")
  func moves() async throws {
    let fake = fake()
    let stage = try ScriptedStage(fake)
    let rig = try stage.rig(CDNAlias.self, Self.input)
    #expect(
      try await rig.plan().changes
        == ["move app.example.test from the distribution EBLUE to the distribution EGREEN"])
    let begin = stage.clock.now()
    #expect(
      try await rig.apply().outputs
        == ["distribution": "EGREEN", "formerDistribution": "EBLUE"])
    // Each of them is twice not deployed yet.
    #expect(stage.clock.now() - begin >= .seconds(30))
    #expect(fake.names("EBLUE") == ["app-blue.example.test"])
    #expect(fake.names("EGREEN") == ["app-green.example.test", Self.general])
    #expect(try await rig.verify().isPassed)
    try await rig.apply()
    for _ in 1...2 { try await rig.undo() }
    #expect(
      fake.log == [
        "EBLUE-\(Self.general)", "EGREEN+\(Self.general)",
        "EGREEN-\(Self.general)", "EBLUE+\(Self.general)",
      ])
  }

  @Test("every call that it makes is granted, on the one distribution where an id names it")
  func rights() async throws {
    let fake = fake()
    let rig = try rig(fake)
    try await rig.apply()
    _ = try await rig.verify()
    try await rig.undo()
    let action = ActionDescriptor(CDNAlias.self)
    let declared = try DeclaredCalls.operations([(action, Self.input)])
    #expect(fake.operations == declared)
    let input = "{alias: 'a.test', from: 'E1', to: 'E2'}"
    let resources = try action.rights(
      of: try JSONValue(reading: Array(input.utf8), dialect: .json5)
    ).compactMap { if case .call(let use) = $0 { use.resource } else { nil } }
    #expect(
      resources == [
        "arn:aws:cloudfront::*:distribution/E1", "arn:aws:cloudfront::*:distribution/E2",
      ])
  }

  @Test("killed between the two updates, the next try carries on, and undo goes back")
  func killedInTheGap() async throws {
    for carriesOn in [true, false] {
      let fake = fake()
      let rig = try rig(fake)
      fake.fail([2: FakeCDN.killed])
      await #expect(throws: Failure.self) { try await rig.apply() }
      #expect(fake.log == ["EBLUE-\(Self.general)"])
      fake.fail([:])
      if carriesOn {
        try await rig.apply()
        #expect(fake.names("EGREEN").contains(Self.general))
      } else {
        try await rig.undo()
        #expect(fake.names("EBLUE").contains(Self.general))
      }
    }
  }

  @Test("a name that CloudFront still takes for another's is tried again until it may be had")
  func taken() async throws {
    let fake = fake()
    let rig = try rig(fake)
    fake.fail([2: FakeCDN.taken, 3: FakeCDN.taken])
    try await rig.apply()
    #expect(fake.names("EGREEN").contains(Self.general))
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("CNAMEAlreadyExists") == true })
  }

  @Test("what cannot be given to the other is put back, with the reason")
  func putBack() async throws {
    let fake = fake()
    let rig = try rig(fake)
    fake.fail([2: ScriptedCloud.error("TooManyDistributionCNAMEs")])
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("TooManyDistributionCNAMEs"))
    #expect(fake.names("EBLUE").contains(Self.general))
    #expect(rig.journal.notes == ["app.example.test was put back to the distribution EBLUE"])
    // And after the time is over, too.
    let late = Dictionary(uniqueKeysWithValues: (2...200).map { ($0, FakeCDN.taken) })
    fake.fail(late)
    let stuck = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(stuck.summary.contains("IS ON NO DISTRIBUTION NOW"))
    fake.fail([:])
    try await rig.apply()
    #expect(fake.names("EGREEN").contains(Self.general))
  }

  @Test("asked to stop in the gap, it puts the name back first")
  func stopped() async throws {
    let fake = fake()
    let rig = try rig(fake)
    _ = try await rig.plan()
    fake.fail([2: FakeCDN.taken])
    fake.whenUpdating { [journal = rig.journal] number in
      if number == 2 { journal.askToStop() }
    }
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .cancelled)
    #expect(fake.names("EBLUE").contains(Self.general))
    rig.journal.askToStop(false)
    fake.fail([:])
    fake.whenUpdating { _ in }
    try await rig.apply()
    #expect(fake.names("EGREEN").contains(Self.general))
  }

  @Test("a change that somebody makes meanwhile is read anew and kept")
  func rival() async throws {
    let fake = fake()
    fake.fail([:], rivals: [1, 3])
    try await rig(fake).apply()
    #expect(fake.names("EGREEN") == ["app-green.example.test", Self.general])
    #expect(fake.comment("EBLUE") == "rival" && fake.comment("EGREEN") == "rival")
  }

  @Test("a target without a certificate, or a name on a third distribution, moves nothing")
  func refuses() async throws {
    let fake = fake()
    fake.change("EGREEN") { $0.hasCertificate = false }
    let failure = try await #require(throws: Failure.self) { try await rig(fake).apply() }
    #expect(failure.kind == .refused && failure.summary.contains("no certificate of its own"))
    let third = FakeCDN([
      "E1": .init(names: ["app-blue.example.test"]), "E2": .init(names: ["app-green.example.test"]),
      "E3": .init(names: [Self.general]),
    ])
    let other = try await #require(throws: Failure.self) { try await rig(third).plan() }
    #expect(other.summary == "app.example.test is on the distribution E3, not on E1")
    #expect(fake.log.isEmpty && third.log.isEmpty)
    // Undo leaves alone what somebody else has moved on, and puts back what nobody has.
    let moved = FakeCDN([
      "EBLUE": .init(names: [Self.general]), "EGREEN": .init(names: []), "EX": .init(names: []),
    ])
    let done = try rig(moved, "{alias: '\(Self.general)', to: 'EGREEN'}")
    try await done.apply()
    moved.change("EGREEN") { $0.names = [] }
    moved.change("EX") { $0.names = [Self.general] }
    try await done.undo()
    #expect(moved.log.count == 2 && done.journal.notes.last?.contains("left there") == true)
    moved.change("EX") { $0.names = [] }
    try await done.undo()
    #expect(moved.names("EBLUE") == [Self.general])
  }

  @Test("with distributions of moto, every other setting stays, as boto3 reads it")
  func moto() async throws {
    let server = try MotoServer.shared()
    let ids = try server.python(
      """
      def make(names):
          origin = dict(Id='o', DomainName='o.example.com', OriginPath='/a&b',
              CustomOriginConfig=dict(HTTPPort=80, HTTPSPort=443,
                                      OriginProtocolPolicy='https-only'))
          behaviour = dict(TargetOriginId='o', ViewerProtocolPolicy='allow-all', MinTTL=0,
              ForwardedValues=dict(QueryString=False, Cookies=dict(Forward='none')))
          return client('cloudfront').create_distribution(DistributionConfig=dict(
              CallerReference=names[0], Aliases=dict(Quantity=len(names), Items=names),
              Origins=dict(Quantity=1, Items=[origin]), DefaultCacheBehavior=behaviour,
              Comment='a <b> & c', Enabled=True, ViewerCertificate=dict(
                  ACMCertificateArn='arn:aws:acm:us-east-1:1:certificate/x',
                  SSLSupportMethod='sni-only')))['Distribution']['Id']
      print(make(['cdn-b.test', 'cdn.test']), make(['cdn-g.test']), end='')
      """
    ).split(separator: " ").map(String.init)
    func read() throws -> String {
      try server.python(
        """
        for id in sys.argv[1:]:
            c = client('cloudfront').get_distribution_config(Id=id)['DistributionConfig']
            print(c['Aliases'].get('Items', []), c['Comment'], c['Origins']['Items'][0]
                  ['OriginPath'], c['ViewerCertificate']['ACMCertificateArn'][-1], c['Enabled'])
        """, ids)
    }
    let before = try read()
    let rig = try CloudStage(server.environment).rig(
      CDNAlias.self, "{alias: 'cdn.test', from: '\(ids[0])', to: 'cdn-g.test', every: '1ms'}")
    try await rig.apply()
    let rest = "a <b> & c /a&b x True"
    #expect(try read() == "['cdn-b.test'] \(rest)\n['cdn-g.test', 'cdn.test'] \(rest)\n")
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(try read() == before)
  }

  @Test(
    "past its time the name is not taken away for nothing; a person's retry has time to move it")
  func retried() async throws {
    let fake = fake()
    let stage = try ScriptedStage(fake)
    let rig = try stage.rig(CDNAlias.self, Self.input.replacing("{", with: "{within: '1m', "))
    fake.fail(Dictionary(uniqueKeysWithValues: (2...6).map { ($0, FakeCDN.taken) }))
    let late = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(late.summary.contains("could not be given to the distribution EGREEN in time"))
    let log = ["EBLUE-\(Self.general)", "EBLUE+\(Self.general)"]
    #expect(fake.log == log)
    try await stage.clock.sleep(for: .seconds(3600))
    let restarted = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(restarted.summary.hasSuffix("it was left where it is, on the distribution EBLUE"))
    #expect(fake.log == log)
    // CloudFront takes it for the other's for half a minute more.
    fake.fail([2: FakeCDN.taken, 3: FakeCDN.taken])
    rig.journal.retry(at: stage.clock.now())
    try await rig.apply()
    #expect(
      fake.log == log + ["EBLUE-\(Self.general)", "EGREEN+\(Self.general)"])
    #expect(fake.names("EGREEN").contains(Self.general))
  }
}
