import Actions
import Harness
import Resources
import Rollouts
import Testing

@Suite("Locks and access lists of objects", .waiting)
struct BucketsProtectionTests {
  private func world<Answer>(
    _ body: (VersionWorld) async throws -> Answer
  ) async throws -> Answer {
    try await VersionedServer.run { server in try await body(try VersionWorld(server)) }
  }

  private static let fill = """
    s3.create_bucket(Bucket='from', ObjectLockEnabledForBucket=True)
    put = lambda key, **more: s3.put_object(
        Bucket='from', Key=key, Body=key.encode(), ContentMD5=md5(key), **more)
    import hashlib, base64
    md5 = lambda text: base64.b64encode(hashlib.md5(text.encode()).digest()).decode()
    put('free')
    put('held', ObjectLockLegalHoldStatus='ON')
    put('over', ObjectLockMode='COMPLIANCE', ObjectLockRetainUntilDate='2026-01-05T00:00:00Z')
    put('until', ObjectLockMode='COMPLIANCE', ObjectLockRetainUntilDate='2033-02-03T04:05:06Z')

    """

  private static let locks = """
    for key in ['free', 'held', 'over', 'until']:
        try: r = s3.get_object_retention(Bucket='into', Key=key)['Retention']
        except s3.exceptions.ClientError: r = None
        print(key, r and (r['Mode'], str(r['RetainUntilDate'])),
              s3.get_object_legal_hold(Bucket='into', Key=key)['LegalHold']['Status'])
    """
  private static let kept = """
    free None OFF
    held None ON
    over None OFF
    until ('COMPLIANCE', '2033-02-03 04:05:06+00:00') OFF

    """

  @Test(
    "retention and legal holds go along where they still hold, and the ledger proves them",
    arguments: CopiedVersions.allCases)
  func keepsLocks(versions: CopiedVersions) async throws {
    try await world { world in
      _ = try world.server.python(Self.fill)
      let run = world.run(try world.input { $0.versions = versions })
      let planned = try await world.planned(try world.input { $0.versions = versions })
      #expect(planned.changes.contains { $0.contains("retention and legal holds are kept") })
      #expect(planned.reversal != nil)
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      let verification = try await run.verify(plan, report)
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(try world.server.python(Self.locks) == Self.kept)
      // A hold that was lost meanwhile is seen.
      _ = try world.server.python(
        """
        s3.copy_object(Bucket='into', Key='held', CopySource='from/held')
        s3.copy_object(Bucket='into', Key='free', CopySource='from/free')
        """)
      let verdict = try await run.verify(plan, report).verdict
      if versions == .latest {
        #expect(verdict.detail.contains("'held': locks or access lists"), "\(verdict)")
      }
      #expect(!verdict.isPassed)
    }
  }

  @Test("a target that cannot lock, and a source that does not tell, are refused in the plan")
  func refusesLosing() async throws {
    try await world { world in
      _ = try world.server.python(Self.fill + VersionWorld.makeTarget)
      let input = try world.input { $0.versions = .latest }
      let failure = await #expect(throws: Failure.self) { try await world.planned(input) }
      #expect(failure?.summary.contains("s3://into cannot: it has no object lock") == true)
      let losing = try world.input {
        $0.versions = .latest
        $0.keep = []
      }
      let planned = try await world.planned(losing)
      #expect(planned.changes.contains { $0.contains("are left behind") })
      #expect(planned.plan.protections == [])
      try world.server.set(#"{"deny": ["object-lock"]}"#)
      let denied = await #expect(throws: Failure.self) { try await world.planned(input) }
      #expect(denied?.summary.contains("it cannot be told whether objects are locked") == true)
      #expect(denied?.hint.contains("keep: []") == true)
      _ = try await world.planned(losing)
    }
  }

  @Test("a lock that may not be read stops the copy, and is never taken for none")
  func refusesUnreadable() async throws {
    try await world { world in
      _ = try world.server.python(Self.fill)
      let run = world.run(try world.input { $0.versions = .latest })
      let plan = try await run.plan()
      try world.server.set(#"{"deny": ["legal-hold"]}"#)
      let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
      #expect(failure?.summary.contains("s3:GetObjectLegalHold failed with AccessDenied") == true)
    }
  }

  @Test("locks come through a folder, and a bucket that locks all objects gets their digests")
  func restoresLocks() async throws {
    try await world { world in
      _ = try world.server.python(Self.fill)
      let saved = "dir://\(world.folder.path)/saved"
      let backup = world.run(
        try world.input("s3://from", saved) { $0.versions = .latest }, folder: "backup")
      _ = try await backup.apply(try await backup.plan())
      _ = try world.server.python(
        "s3.create_bucket(Bucket='into', ObjectLockEnabledForBucket=True)")
      let restore = world.run(
        try world.input(saved, "s3://into") { $0.versions = .latest }, folder: "restore")
      let plan = try await restore.plan()
      let verification = try await restore.verify(plan, try await restore.apply(plan))
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(try world.server.python(Self.locks) == Self.kept)
      // A default retention is put on objects without a word of ours.
      _ = try world.server.python(
        "s3.create_bucket(Bucket='all', ObjectLockEnabledForBucket=True)\n"
          + "urllib.request.urlopen(s3.meta.endpoint_url + '/-/each',"
          + "json.dumps(['all', {'default': True}]).encode())")
      let input = try world.input(saved, "s3://all") { $0.versions = .latest }
      let planned = try await world.planned(input)
      #expect(planned.changes.contains { $0.contains("GOVERNANCE for 9 days") })
      let locked = world.run(input, folder: "locked")
      let report = try await locked.apply(try await locked.plan())
      #expect(report.ledgers[0].written == 4)
    }
  }

  @Test("access lists go along where they are asked for, and are told to stay behind elsewhere")
  func keepsLists() async throws {
    try await world { world in
      let open = """
        for name in ['from', 'into']:
            s3.create_bucket(Bucket=name)
            urllib.request.urlopen(s3.meta.endpoint_url + '/-/each',
                json.dumps([name, {'ownership': 'ObjectWriter'}]).encode())
        s3.put_object(Bucket='from', Key='mine', Body=b'1')
        s3.put_object(Bucket='from', Key='shared', Body=b'2',
            GrantRead='uri="http://acs.amazonaws.com/groups/global/AllUsers", id="friend"',
            GrantFullControl='id="owner-of-all"', GrantReadACP='id="friend"')
        """
      _ = try world.server.python(open)
      let silent = try await world.planned(try world.input { $0.versions = .latest })
      #expect(silent.changes.contains { $0.contains("access lists of single objects, if they") })
      let input = try world.input {
        $0.versions = .latest
        $0.keep = [.acls]
      }
      let run = world.run(input)
      let plan = try await run.plan()
      let verification = try await run.verify(plan, try await run.apply(plan))
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      let lists = try world.server.python(
        """
        for key in ['mine', 'shared']:
            print(key, sorted((g['Permission'], g['Grantee'].get('ID') or g['Grantee']['URI'][-8:])
                              for g in s3.get_object_acl(Bucket='into', Key=key)['Grants']))
        """)
      #expect(
        lists == """
          mine [('FULL_CONTROL', 'owner-of-all')]
          shared [('FULL_CONTROL', 'owner-of-all'), ('READ', 'AllUsers'), ('READ', 'friend'), \
          ('READ_ACP', 'friend')]

          """)
      _ = try world.server.python("s3.create_bucket(Bucket='closed')")
      let closed = try world.input("s3://from", "s3://closed") {
        $0.versions = .latest
        $0.keep = [.acls]
      }
      let failure = await #expect(throws: Failure.self) { try await world.planned(closed) }
      #expect(failure?.summary.contains("s3://closed has them disabled") == true)
      // And no request is made for objects of a bucket that has no lists.
      let enforced = try world.input("s3://closed", "s3://into") {
        $0.versions = .latest
        $0.existing = .keep
        $0.keep = [.acls, .locks]
      }
      #expect(try await world.planned(enforced).plan.protections == [])
    }
  }

  @Test("versions that are locked are found before a bucket is emptied, and none is deleted")
  func findsLocks() async throws {
    try await world { world in
      _ = try world.server.python(
        Self.fill + "s3.delete_object(Bucket='from', Key='until')")
      @Sendable func deletion(_ waive: [BucketDemolition.Waivable]) throws -> BucketsDelete {
        var input = BucketsDelete.Input(bucket: try ResourceURL("s3://from"), name: "from")
        input.waive = waive
        input.reason = "they end tomorrow"
        return try BucketsDelete(input, in: world.site.site())
      }
      let failure = await #expect(throws: Failure.self) { try await deletion([]).plan() }
      #expect(
        failure?.summary == "s3://from cannot be emptied: 2 versions are locked: 'held' by a legal "
          + "hold; 'until' in COMPLIANCE mode until 2033-02-03T04:05:06.000Z")
      #expect(failure?.hint.contains("this program never does") == true)
      let planned = try await deletion([.locks]).plan()
      #expect(planned.changes.contains { $0.contains("the step stops if that is still so") })
      let run = StubbornRun(pace: world.site.pace) { try deletion([.locks]) }
      let before = try world.history("from")
      let refusal = await #expect(throws: Failure.self) { try await run.apply(planned.plan) }
      #expect(refusal?.kind == .refused)
      #expect(try world.history("from") == before)
    }
  }
}
