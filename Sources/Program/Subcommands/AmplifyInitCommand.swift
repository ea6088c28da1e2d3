internal import Commands
internal import Resources

struct AmplifyInitCommand<Target: AmplifyTarget>: Command {
  static var name: String { "init" }
  static var summary: String { "Make the table of migrations and the bucket of exports." }
  static var discussion: String {
    """
    They are called as amplify-data-migration calls them, so its records are taken over. A name \
    that would not be valid, or would be another backend's too, gets a digest behind it. The \
    table is marked as the backend's; one that belongs to another backend is refused. Run again, \
    it makes what is missing.
    """
  }
  static var fields: [Field<Self>] { Field.shared(\.options, AmplifyOptions<Target>.fields) }
  static var examples: [Example] {
    [
      Example(
        (["cutover"] + Target.path + ["init"] + Target.sample).joined(separator: " "),
        "Makes both, or what is missing of them.")
    ]
  }

  var options = AmplifyOptions<Target>()

  func run(in context: Context) async throws -> Int32 {
    let site = try options.site(in: context)
    let table = try site.table()
    try await table.create(like: TableDescription(keys: RegistryLayout.amplify.keys))
    let owner = try await site.owner()
    try site.check(owner)
    let name = site.ownBucket ?? owner?.bucket ?? site.backend.names.bucket
    let bucket = try site.bucket(name)
    try await bucket.create()
    try await mark(site, owner, AmplifySite.Owner(backend: site.backend, bucket: name))
    context.console.show(
      [
        "\("✓", .good) \(site.backend.title, .strong) is ready",
        "  \("table", .faint)  \(site.tableURL.text)", "  \("bucket", .faint) \(bucket.url.text)",
      ])
    return ExitCode.done.rawValue
  }

  private func mark(
    _ site: AmplifySite, _ former: AmplifySite.Owner?, _ owner: AmplifySite.Owner
  ) async throws {
    guard former != owner else { return }
    let item = try site.item(of: owner)
    let change =
      try former.map { ItemChange.replace(former: try site.item(of: $0), with: item) }
      ?? .insert(item)
    let outcome = try await site.table().write([change])
    guard outcome.conflicts.isEmpty, outcome.unprocessed.isEmpty else {
      throw Refusal(
        .held, "\(site.tableURL) was not marked as the table of \(site.backend.title)",
        hint: "Another process does the same just now. Run the same command again.")
    }
  }
}
