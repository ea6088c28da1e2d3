import Actions
import Harness
import Resources
import Rollouts
import Testing

@Suite("buckets.sync with all versions", .waiting)
struct BucketsHistoryTests {
  private static let formerly = """
    {"a": ["1", "2", "2", null, "3"], "a b/\\u00e4": ["x"], "gone": ["y", null], \
    "never": [null], "twice": ["z", null, null, "z"]}

    """

  private func world<Answer>(
    _ body: (VersionWorld) async throws -> Answer
  ) async throws -> Answer {
    try await VersionedServer.run { server in try await body(try VersionWorld(server)) }
  }

  @Test("every version and delete marker arrives in its order, with what stands beside it")
  func copies() async throws {
    try await world { world in
      _ = try world.server.python("fill('from')")
      // Pages so small that histories are cut in the middle.
      try world.server.set(#"{"page": 3}"#)
      let run = world.run(try world.input { $0.verify = .metadata })
      let plan = try await run.plan()
      #expect(plan.createsTarget && plan.objectCount == 13)
      let verification = try await run.verify(plan, try await run.apply(plan))
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(verification.ledgers[0].imbalance == nil)
      #expect(verification.ledgers[0].read == 13 && verification.ledgers[0].bytes == 8)
      #expect(verification.ledgers[0].described == 8)
      try world.server.set(#"{"page": 1000}"#)
      #expect(try world.history("from") == Self.formerly)
      #expect(try world.history("into") == Self.formerly)
      let beside = try world.server.python(
        """
        for v in s3.list_object_versions(Bucket='into', Prefix='a')['Versions']:
            at = dict(Bucket='into', Key=v['Key'], VersionId=v['VersionId'])
            h = s3.head_object(**at)
            print(v['Key'], h['ContentType'], h['Metadata']['of'],
                  s3.get_object_tagging(**at)['TagSet'][0]['Value'])
        """)
      #expect(
        beside == "a text/3 3 3\na text/2 2 2\na text/2 2 2\na text/1 1 1\na b/ä text/x x x\n")
      try await run.undo(plan)
      #expect(throws: HarnessError.self) { try world.history("into") }
    }
  }

  @Test(
    "wherever the server broke down, no version is written twice and none is left out",
    arguments: [true, false])
  func survives(carries: Bool) async throws {
    try await world { world in
      _ = try world.server.python("fill('from')\n" + VersionWorld.makeTarget)
      let calm = world.run(try world.input(), folder: "calm")
      let ledger = try await calm.apply(try await calm.plan()).ledgers[0]
      for number in 1...13 {
        _ = try world.server.python(
          """
          for v in re.findall(r"<Key>(.*?)</Key><VersionId>(.*?)<", urllib.request.urlopen(
                  s3.meta.endpoint_url + "/into?versions").read().decode()):
              s3.delete_object(Bucket='into', Key=v[0], VersionId=v[1])
          """)
        try world.server.set(#"{"down": \#(number), "carries": \#(carries)}"#)
        let run = world.run(
          try world.input { $0.concurrency = number % 2 == 0 ? 1 : 8 }, folder: "at \(number)")
        let plan = try await run.plan()
        let report = try await run.apply(plan)
        #expect(report.ledgers[0] == ledger, "broke down at change \(number)")
        let verdict = try await run.verify(plan, report).verdict
        #expect(verdict.isPassed, "\(number): \(verdict)")
        #expect(try world.history("into") == Self.formerly)
      }
    }
  }

  @Test("undo takes away what was copied and leaves what was there and what came since")
  func undoes() async throws {
    try await world { world in
      _ = try world.server.python(
        "fill('from')\n" + VersionWorld.makeTarget
          + """
          s3.put_object(Bucket='into', Key='a', Body='own')
          s3.put_object(Bucket='into', Key='a', Body='1')
          s3.put_object(Bucket='into', Key='own', Body='o')
          s3.delete_object(Bucket='into', Key='own')
          """)
      let before = try world.history("into")
      let refused = await #expect(throws: Failure.self) {
        try await world.planned(try world.input())
      }
      #expect(refused?.summary.contains("it holds versions of 'a'") == true)
      let run = world.run(try world.input { $0.existing = .overwrite })
      let plan = try await run.plan()
      let verification = try await run.verify(plan, try await run.apply(plan))
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(verification.ledgers[0].alreadyThere == 1)
      #expect(try world.history("into").contains(#""a": ["own", "1", "2", "2", null, "3"]"#))
      _ = try world.server.python("s3.put_object(Bucket='into', Key='gone', Body='since')")
      // The server breaks down in the middle of it.
      try world.server.set(#"{"away": 12}"#)
      try await run.undo(plan)
      try await run.undo(plan)
      let after = before.replacing(#""own": ["#, with: #""gone": ["since"], "own": ["#)
      #expect(try world.history("into") == after)
      #expect(world.site.notes.contains { $0.hasPrefix("1 versions in s3://into") })
    }
  }

  @Test("a history that does not begin as the target's own is kept out where that is to stay")
  func keeps() async throws {
    try await world { world in
      _ = try world.server.python(
        "fill('from')\n" + VersionWorld.makeTarget
          + """
          s3.put_object(Bucket='into', Key='a', Body='own')
          s3.put_object(Bucket='into', Key='twice', Body='z')
          """)
      let run = world.run(try world.input { $0.existing = .keep })
      let plan = try await run.plan()
      let verification = try await run.verify(plan, try await run.apply(plan))
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(verification.ledgers[0].skipped == ["the target's own is kept": 5])
      #expect(verification.ledgers[0].isBalanced && verification.ledgers[0].alreadyThere == 1)
      let after = try world.history("into")
      #expect(after == Self.formerly.replacing(#"["1", "2", "2", null, "3"]"#, with: #"["own"]"#))
    }
  }

  @Test(
    "a history that was altered at the target fails the verification by name",
    arguments: [
      ("s3.put_object(Bucket='into', Key='a', Body='3')", "'a' has 6 versions instead of 5"),
      ("s3.delete_object(Bucket='into', Key='gone')", "'gone' has 3 versions instead of 2"),
      ("s3.put_object(Bucket='into', Key='else', Body='3')", "'else' is there besides"),
      (
        "v = s3.list_object_versions(Bucket='into', Prefix='twice')['Versions'][0]['VersionId']\n"
          + "s3.delete_object(Bucket='into', Key='twice', VersionId=v)\n"
          + "s3.delete_object(Bucket='into', Key='twice')", "version 4 of 'twice' differs"
      ),
    ])
  func sees(change: String, words: String) async throws {
    try await world { world in
      _ = try world.server.python("fill('from')")
      let run = world.run(try world.input())
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      _ = try world.server.python(change)
      let verification = try await run.verify(plan, report)
      #expect(!verification.verdict.isPassed && !verification.ledgers[0].isBalanced)
      #expect(verification.verdict.detail.contains(words), "\(verification.verdict.detail)")
    }
  }

  @Test("a target without versioning is refused in the plan, and a folder has no histories")
  func refuses() async throws {
    try await world { world in
      _ = try world.server.python("fill('from')\ns3.create_bucket(Bucket='into')")
      for state in ["off", "suspended"] {
        let failure = await #expect(throws: Failure.self) {
          try await world.planned(try world.input())
        }
        #expect(failure?.summary == "s3://into keeps no former versions: versioning is \(state)")
        _ = try world.server.python(
          "s3.put_bucket_versioning(Bucket='into', "
            + "VersioningConfiguration={'Status': 'Suspended'})")
      }
      let folder = try world.input("s3://from", "dir://\(world.folder.path)/to")
      let failure = await #expect(throws: Failure.self) { try await world.planned(folder) }
      #expect(failure?.summary.contains("versions cannot be copied from s3://from") == true)
      let deleting = try world.input {
        $0.existing = .overwrite
        $0.delete = true
      }
      #expect(throws: Failure.self) { try BucketsSync(deleting, in: world.site.site()) }
    }
  }
}
