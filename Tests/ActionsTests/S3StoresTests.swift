import AWS
import Actions
import Harness
import Local
import Resources
import Rollouts
import Testing
import Wire

/// The actions on buckets against a server that speaks as S3, read back with boto3.
@Suite("Buckets of S3 under the actions", .waiting)
struct S3StoresTests {
  private let folder: TemporaryFolder
  private let site: MemorySite
  private let server: MotoServer

  init() throws {
    folder = try TemporaryFolder()
    let server = try MotoServer.shared()
    self.server = server
    let session = AWSSession(
      AWSSession.Settings(environment: server.environment, homeFolder: "/nonexistent"),
      clock: ManualClock(movesByItself: true)
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    site = MemorySite(
      folder: folder.path, providers: LocalProviders.all + AWSProviders.all(in: session))
  }

  private func url(_ text: String) throws -> ResourceURL { try ResourceURL(text) }

  /// Fills a bucket with objects of odd names, with headers, metadata and tags.
  private func fill(_ bucket: String, count: Int = 40) throws {
    _ = try server.python(
      """
      s3 = client('s3'); b = sys.argv[1]
      s3.create_bucket(Bucket=b)
      for i in range(int(sys.argv[2])):
          s3.put_object(Bucket=b, Key='d%d/a b+%d ä' % (i % 3, i), Body=b'x' * (i * 37),
                        ContentType='text/x%d' % (i % 2), CacheControl='max-age=%d' % i,
                        Metadata={'n': str(i)}, Tagging='t=%d' % i)
      """, [bucket, "\(count)"])
  }

  /// Everything that a bucket holds, as boto3 sees it.
  private func state(_ bucket: String) throws -> String {
    try server.python(
      """
      s3 = client('s3'); b = sys.argv[1]; out = {}
      for o in s3.list_objects_v2(Bucket=b).get('Contents', []):
          g = s3.get_object(Bucket=b, Key=o['Key'])
          t = s3.get_object_tagging(Bucket=b, Key=o['Key'])['TagSet']
          out[o['Key']] = [g['Body'].read().decode(), g['ContentType'], g.get('CacheControl'),
                           g['Metadata'], t]
      print(json.dumps(out, sort_keys=True))
      """, [bucket])
  }

  private func sync(_ input: BucketsSync.Input) -> StubbornRun<BucketsSync> {
    StubbornRun(pace: site.pace) { [site] in try BucketsSync(input, in: site.site()) }
  }

  @Test("a bucket is synced inside the service, range by range, and taken back")
  func syncs() async throws {
    try fill("sync-a")
    let run = sync(.init(from: try url("s3://sync-a"), to: try url("s3://sync-b")))
    var plan = try await run.plan()
    #expect(plan.createsTarget && plan.objectCount == 40)
    plan.cuts = ["d0/a b+30", "d1/", "d1/a b+4", "d2/z"].map { ObjectKey($0) }
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers[0].isBalanced && verification.ledgers[0].read == 40)
    #expect(try state("sync-b") == state("sync-a"))
    // Once more: nothing is written, since all is there alike.
    var again = BucketsSync.Input(from: try url("s3://sync-a"), to: try url("s3://sync-b"))
    again.existing = .overwrite
    let second = StubbornRun(pace: site.pace) { [site, again] in
      try BucketsSync(again, in: site.site(folder: "second"))
    }
    let secondPlan = try await second.plan()
    let ledger = try await second.apply(secondPlan).ledgers[0]
    #expect(ledger.alreadyThere == 40 && ledger.bytes == 0)
    try await run.undo(plan)
    let left = try server.python(
      "print([b['Name'] for b in client('s3').list_buckets()['Buckets']])")
    #expect(!left.contains("sync-b"))
  }

  @Test("metadata is proven where it is asked for, of all objects or of a share of them")
  func provesMetadata() async throws {
    try fill("meta-a", count: 30)
    func input(_ change: (inout BucketsSync.Input) -> Void) throws -> BucketsSync.Input {
      var input = BucketsSync.Input(from: try url("s3://meta-a"), to: try url("s3://meta-b"))
      input.verify = .metadata
      change(&input)
      return input
    }
    let run = sync(try input { _ in })
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let proven = try await run.verify(plan, report)
    #expect(proven.verdict.isPassed, "\(proven.verdict)")
    #expect(proven.ledgers[0].described == 30)
    #expect(proven.verdict.detail.hasSuffix("30 of them compared with their metadata"))
    let share = try await sync(try input { $0.verifyShare = 40 }).verify(plan, report)
    let count = try #require(share.ledgers[0].described)
    #expect(count > 3 && count < 27)
    // The same contents with another type, other tags and another class.
    _ = try server.python(
      """
      s3 = client('s3'); b = 'meta-b'; keys = ['d0/a b+0 ä', 'd1/a b+1 ä', 'd2/a b+2 ä']
      def again(key, **more):
          o = s3.get_object(Bucket=b, Key=key)
          n = int(o['Metadata']['n'])
          s3.put_object(**{**dict(Bucket=b, Key=key, Body=o['Body'].read(), Metadata=o['Metadata'],
              ContentType=o['ContentType'], CacheControl=o['CacheControl'],
              Tagging='t=%d' % n), **more})
      again(keys[0], ContentType='text/else')
      again(keys[1], Tagging='t=else', Metadata={'n': '1', 'm': '2'})
      again(keys[2], StorageClass='STANDARD_IA')
      """)
    let altered = try await run.verify(plan, report)
    #expect(
      altered.verdict.detail
        == "s3://meta-b holds the same contents, but not what stands beside them: 'd0/a b+0 ä': "
        + "content type; 'd1/a b+1 ä': user metadata, tags; 'd2/a b+2 ä': storage class")
    let content = try await sync(try input { $0.verify = .content }).verify(plan, report)
    #expect(content.verdict.isPassed && content.ledgers[0].described == nil)
  }

  /// Without tags at the target: moto mixes those of both, where S3 replaces them.
  @Test("what was overwritten and deleted comes back as it was")
  func undoes() async throws {
    try fill("undo-a", count: 12)
    _ = try server.python(
      """
      s3 = client('s3'); s3.create_bucket(Bucket='undo-b')
      s3.put_object(Bucket='undo-b', Key='d0/a b+3 ä', Body=b'own', Metadata={'m': 'o'},
                    ContentType='own/type')
      s3.put_object(Bucket='undo-b', Key='zz', Body=b'own too')
      """)
    let before = try state("undo-b")
    var input = BucketsSync.Input(from: try url("s3://undo-a"), to: try url("s3://undo-b"))
    input.existing = .overwrite
    input.delete = true
    let run = sync(input)
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(try state("undo-b") == state("undo-a"))
    try await run.undo(plan)
    #expect(try state("undo-b") == before)
  }

  @Test("a backup in a folder comes back whole, with everything that stood beside the content")
  func backsUp() async throws {
    try fill("backup-a", count: 20)
    let formerly = try state("backup-a")
    let saved = try url("dir://\(folder.file("saved"))")
    let manifest = folder.file("saved.jsonl")
    let backup = StubbornRun(pace: site.pace) { [site] in
      try BucketsBackup(
        .init(from: try ResourceURL("s3://backup-a"), to: saved, manifest: manifest),
        in: site.site(folder: "backup"))
    }
    let plan = try await backup.plan()
    let verification = try await backup.verify(plan, try await backup.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    let deletion = StubbornRun(pace: site.pace) { [site] in
      var input = BucketsDelete.Input(bucket: try ResourceURL("s3://backup-a"), name: "backup-a")
      input.backup = saved
      input.manifest = manifest
      return try BucketsDelete(input, in: site.site(folder: "delete"))
    }
    _ = try server.python(
      """
      s3 = client('s3'); b = 'backup-a'
      s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={'Status': 'Enabled'})
      s3.put_bucket_tagging(Bucket=b, Tagging={'TagSet': [{'Key': 'stack', 'Value': 'a'}]})
      s3.put_bucket_policy(Bucket=b, Policy=json.dumps({'Version': '2012-10-17', 'Statement': [
          {'Effect': 'Deny', 'Principal': '*', 'Action': 's3:PutObjectAcl',
           'Resource': 'arn:aws:s3:::backup-a/*'}]}))
      s3.put_bucket_website(Bucket=b, WebsiteConfiguration={'IndexDocument': {'Suffix': 'i.html'}})
      s3.delete_object(Bucket=b, Key='gone'); s3.put_object(Bucket=b, Key='gone', Body=b'1')
      s3.delete_object(Bucket=b, Key='gone')
      """)
    let settings = try server.python(Self.settings)
    let deletionPlan = try await deletion.plan()
    let report = try await deletion.apply(deletionPlan)
    #expect(try await deletion.verify(deletionPlan, report).verdict.isPassed)
    let left = try server.python(
      "print([b['Name'] for b in client('s3').list_buckets()['Buckets']])")
    #expect(!left.contains("backup-a"))
    try await deletion.undo(deletionPlan)
    #expect(try state("backup-a") == formerly)
    #expect(try server.python(Self.settings) == settings)
  }

  private static let settings = """
    s3 = client('s3'); b = 'backup-a'
    print(s3.get_bucket_versioning(Bucket=b).get('Status'),
          s3.get_bucket_tagging(Bucket=b)['TagSet'], s3.get_bucket_policy(Bucket=b)['Policy'],
          s3.get_bucket_website(Bucket=b)['IndexDocument'])
    """

  @Test("only what is missing is restored, and a backup that was altered is refused")
  func restores() async throws {
    try fill("restore-a", count: 6)
    let saved = try url("dir://\(folder.file("saved"))")
    let manifest = folder.file("saved.jsonl")
    let backup = StubbornRun(pace: site.pace) { [site] in
      try BucketsBackup(
        .init(from: try ResourceURL("s3://restore-a"), to: saved, manifest: manifest),
        in: site.site(folder: "backup"))
    }
    let plan = try await backup.plan()
    _ = try await backup.apply(plan)
    _ = try server.python(
      """
      s3 = client('s3'); b = 'restore-b'; s3.create_bucket(Bucket=b)
      s3.put_object(Bucket=b, Key='d1/a b+1 ä', Body=b'written by the new stack')
      """)
    let restore = StubbornRun(pace: site.pace) { [site] in
      var input = BucketsRestore.Input(from: saved, to: try ResourceURL("s3://restore-b"))
      input.manifest = manifest
      return try BucketsRestore(input, in: site.site(folder: "restore"))
    }
    let restorePlan = try await restore.plan()
    let report = try await restore.apply(restorePlan)
    let verification = try await restore.verify(restorePlan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(report.ledgers[0].skipped == ["the target's own is kept": 1])
    #expect(try state("restore-b").contains("written by the new stack"))
    try await restore.undo(restorePlan)
    #expect(try !state("restore-b").contains("d0/"))
    _ = try Tool.run(["sh", "-c", "echo changed > \"$1\"", "sh", folder.file("saved/d0/a b+0 ä")])
    var input = BucketsRestore.Input(from: saved, to: try url("s3://restore-b"))
    input.manifest = manifest
    let altered = StubbornRun(pace: site.pace) { [site, input] in
      try BucketsRestore(input, in: site.site(folder: "altered"))
    }
    let failure = await #expect(throws: Failure.self) { try await altered.apply(restorePlan) }
    #expect(failure?.summary.contains("'d0/a b+0 ä' has 8 bytes") == true)
  }
}
