import AWS
import Actions
import Harness
import Local
import Resources
import Rollouts
import Wire

/// Syncs between buckets of a server that keeps versions, with a clock that moves by itself.
struct VersionWorld {
  let server: VersionedServer
  let folder: TemporaryFolder
  let site: MemorySite

  init(_ server: VersionedServer) throws {
    self.server = server
    folder = try TemporaryFolder()
    let session = AWSSession(
      AWSSession.Settings(environment: server.environment, homeFolder: "/nonexistent"),
      clock: ManualClock(at: Self.moment, movesByItself: true)
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    site = MemorySite(
      folder: folder.path, providers: LocalProviders.all + AWSProviders.all(in: session))
  }

  /// The moment that the server takes for now too, as far as it looks at the time.
  private static let moment: Int64 = 1_795_000_000_000

  func input(
    _ from: String = "s3://from", _ to: String = "s3://into",
    _ change: (inout BucketsSync.Input) -> Void = { _ in }
  ) throws -> BucketsSync.Input {
    var input = BucketsSync.Input(from: try ResourceURL(from), to: try ResourceURL(to))
    input.versions = .all
    change(&input)
    return input
  }

  func run(
    _ input: BucketsSync.Input, folder: String = "work"
  ) -> StubbornRun<BucketsSync> {
    StubbornRun(pace: site.pace) { [site] in try BucketsSync(input, in: site.site(folder: folder)) }
  }

  func planned(_ input: BucketsSync.Input) async throws -> Planned<BucketSyncPlan> {
    try await BucketsSync(input, in: site.site()).plan()
  }

  func history(_ bucket: String) throws -> String {
    try server.python("print(json.dumps(history(sys.argv[1]), sort_keys=True))", [bucket])
  }

  /// An empty bucket with versioning.
  static let makeTarget = """
    s3.create_bucket(Bucket='into')
    s3.put_bucket_versioning(Bucket='into', VersioningConfiguration={'Status': 'Enabled'})

    """
}
