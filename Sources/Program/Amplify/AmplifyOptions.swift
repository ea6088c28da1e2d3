internal import Commands
internal import Resources

/// Which backend, and how its account is reached.
struct AmplifyOptions<Target: AmplifyTarget>: Sendable {
  var target = Target()
  var profile: String?
  var region: String?
  var table: String?
  var bucket: String?

  static var fields: [Field<Self>] {
    Field.shared(\.target, Target.fields) + [
      .option("profile", \.profile, "name", "The AWS profile."),
      .option("region", \.region, "region", "The region; else that of AWS_REGION or the profile."),
      .option(
        "table", \.table, "name", "The table of migrations, if it is not called as usual."),
      .option("bucket", \.bucket, "name", "The bucket of exports, if it is not called as usual."),
    ]
  }

  /// The same options as words, for the command that is worth typing next.
  var words: [String] {
    func word(_ name: String, _ value: String?) -> [String] { value.map { [name, $0] } ?? [] }
    return target.words + word("--profile", profile) + word("--region", region)
      + word("--table", table) + word("--bucket", bucket)
  }

  func site(in context: Context) throws -> AmplifySite {
    let backend = try target.backend(in: context)
    let variables = context.wiring.environment
    let region = region ?? variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"]
    let place = CloudPlace(region: region, profile: profile)
    return AmplifySite(
      backend: backend, context: context, place: place,
      tableURL: try AmplifySite.url(table: table ?? backend.names.table, at: place),
      ownBucket: bucket)
  }
}
