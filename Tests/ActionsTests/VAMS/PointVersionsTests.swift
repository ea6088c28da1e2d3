import Actions
import Harness
import JSON
import Resources
import Rollouts
import Testing
import Transforms

/// Rows of file versions after their bucket was copied, by the statement that is shipped.
@Suite("Versions of files, pointed to the bucket of the other stack", .waiting)
struct PointVersionsTests {
  /// Prints each version of a bucket: key, id, content.
  private static let listing = """
    for key in ('a', 'a b/\u{e4}', 'gone', 'twice'):
        for n, id in enumerate(re.findall(
                "<Version><Key>%s</Key><VersionId>(.*?)<" % key, urllib.request.urlopen(
                s3.meta.endpoint_url + "/" + sys.argv[1] + "?versions").read().decode())):
            body = s3.get_object(Bucket=sys.argv[1], Key=key, VersionId=id)['Body'].read()
            print(key, id, body.decode(), sep='|')

    """

  private struct Version: Hashable {
    let key: String
    let id: String
    let content: String
  }

  private func versions(_ bucket: String, _ world: VersionWorld) throws -> [Version] {
    try world.server.python(Self.listing, [bucket]).split(separator: "\n").map { line in
      let parts = line.split(separator: "|").map(String.init)
      return Version(key: parts[0], id: parts[1], content: parts[2])
    }
  }

  private func row(_ number: Int, _ file: String, _ version: String?) -> Item {
    var item: JSONValue = ["fileKey": ["S": .string(file)], "id": ["S": .string("r\(number)")]]
    if let version { item["versionId"] = ["S": .string(version)] }
    return Item(bytes: item.compact(sortedKeys: true), isCanonical: true)
  }

  private func table(_ world: VersionWorld, _ rows: [Item]) throws -> MemoryTable {
    let table = MemoryTable(try ResourceURL("memory:///files"))
    try table.fill(rows)
    world.site.add(table)
    return table
  }

  private func run(
    _ world: VersionWorld, _ folder: String = "point"
  ) throws -> StubbornRun<TablesMigrate> {
    let input = try ShippedStep.input(
      "point-versions", of: "vams/ab-cloudfront",
      [
        "dynamodb://${region}/${steps.names-b.outputs.fileVersions}": "memory:///files",
        "s3://${steps.names-a.outputs.assetBucket}?region=${region}": "s3://from",
        "s3://${steps.names-b.outputs.assetBucket}?region=${region}": "s3://into",
        "\"${lostVersions}\"": "0",
      ]
    ).decode(as: TablesMigrate.Input.self)
    return StubbornRun(pace: world.site.pace) { [site = world.site] in
      try TablesMigrate(input, in: site.site(transforms: SQLTransforms(), folder: folder))
    }
  }

  private func id(_ item: Item) throws -> String? {
    try JSONValue(reading: item.bytes)["versionId"]?["S"]?.string
  }

  @Test("each row names the copy of its version, undo gives it back, and a second run changes none")
  func points() async throws {
    try await VersionedServer.run { server in
      let world = try VersionWorld(server)
      _ = try server.python(
        "fill('from')\n" + VersionWorld.makeTarget
          + "s3.put_object(Bucket='into', Key='a', Body='own')\n")
      try server.set(#"{"page": 3}"#)
      let sync = world.run(try world.input { $0.existing = .overwrite }, folder: "sync")
      _ = try await sync.apply(try await sync.plan())
      // What came since is on top.
      _ = try server.python("s3.put_object(Bucket='into', Key='twice', Body='since')")
      try server.set(#"{"page": 1000}"#)
      let old = try versions("from", world)
      #expect(old.count == 8)
      try server.set(#"{"page": 3}"#)
      let table = try table(
        world,
        old.enumerated().map { row($0, "/\($1.key)", $1.id) } + [
          row(90, "/a", "unknown"), row(91, "/a", nil), row(92, "/other", old[0].id),
        ])
      let before = table.contents
      let run = try run(world)
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      #expect(
        report.ledgers[0].skipped == [
          "the old bucket has no such version": 2, "names no version": 1,
        ])
      let verdict = try await run.verify(plan, report).verdict
      #expect(verdict.isPassed, "\(verdict)")
      try server.set(#"{"page": 1000}"#)
      let new = try versions("into", world)
      for (place, version) in old.enumerated() {
        let key = ItemKey(bytes: Array(#"{"id":{"S":"r\#(place)"}}"#.utf8))
        let found = try id(try #require(table.contents[key]))
        #expect(new.first { $0.id == found }?.content == version.content)
        #expect(new.first { $0.id == found }?.key == version.key)
      }
      let after = table.contents
      let again = try self.run(world, "again")
      let second = try await again.apply(try await again.plan())
      #expect(second.outputs["migrated"] == "0")
      #expect(second.ledgers[0].skipped["names a version of the new bucket already"] == 8)
      #expect(table.contents == after)
      try await run.undo(plan)
      #expect(table.contents == before)
    }
  }

  @Test("a version that the new bucket lacks stops the step, which names the row")
  func lacks() async throws {
    try await VersionedServer.run { server in
      let world = try VersionWorld(server)
      _ = try server.python(
        "fill('from')\n" + VersionWorld.makeTarget
          + "s3.put_object(Bucket='into', Key='a', Body='own')\n")
      // The latest only, as if 'versions: "all"' were left out.
      let old = try versions("from", world)
      let table = try table(world, [row(1, "/a", old[0].id), row(2, "/gone", old[4].id)])
      let before = table.contents
      let run = try run(world)
      let plan = try await run.plan()
      let failure = try #require(
        await #expect(throws: Failure.self) { _ = try await run.apply(plan) })
      #expect("\(failure)".contains("the new bucket has no copy of its version"))
      #expect(table.contents == before)
    }
  }

  @Test("a lookup is filled from a table or from two buckets, never from both or neither")
  func origins() throws {
    let world = try MigrationWorld(folder: try TemporaryFolder().path)
    for origin in [
      "", #""from": "memory:///t", "versions": {"from": "s3://a", "to": "s3://b"}, "#,
    ] {
      let lookup = #"{"name": "l", \#(origin)"columns": {"a": "a"}}"#
      var input = try world.input()
      input.lookups = [
        try JSONValue(reading: Array(lookup.utf8)).decode(as: MigrationLookup.self)
      ]
      #expect(throws: Failure.self) { try TablesMigrate(input, in: world.site.site()) }
    }
  }
}
