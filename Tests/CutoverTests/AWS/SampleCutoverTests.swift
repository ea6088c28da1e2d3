import Foundation
import Glibc
import Harness
import Testing

/// The whole playbook on the sample stack; everything is read back with boto3.
@Suite("The VAMS playbook on a test server", .waiting)
struct SampleCutoverTests {
  private static let waiting: Int32 = 2

  /// What part of the sample comes over: a tenth, or as the environment says, 1 for all of it.
  private static let share =
    ProcessInfo.processInfo.environment["CUTOVER_TEST_SAMPLE_SHARE"].flatMap { Int($0) } ?? 10

  @Test("the sample, or as much of it as is asked for, comes over whole, and stack A goes")
  func whole() async throws {
    try await MotoServer.run { server in
      let sample = try SampleStack(server, share: Self.share)
      let run = try sample.stage.run(sample.forward)
      try #require(run.code == Self.waiting, "\(run.all)")
      let found = try sample.compare("moved", sample.blue, "vams-green")
      #expect(found.hasPrefix("alike: "))
      if Self.share == 10 { #expect(found == "alike: 2011 items, 150 objects, 31 users\n") }
      #expect(try sample.name() == "notice.example.test.")
      let switched = try sample.approve("approve-switch")
      try #require(switched.code == Self.waiting, "\(switched.all)")
      #expect(try sample.name() == "green.example.test.")
      let ended = try sample.approve("approve-destroy")
      try #require(ended.code == 0, "\(ended.all)")
      #expect(
        try sample.remains() == "stacks blue:0 green:2 tables blue:0 green:17 pools blue:0 green:1")
    }
  }

  @Test("paused in the middle, it is carried on by another process; taken back before the switch")
  func paused() async throws {
    try await MotoServer.run { server in
      let sample = try SampleStack(server, share: 100)
      let child = try Child(
        sample.forward, in: sample.stage.cutover.folder.path,
        environment: sample.stage.environment(), input: "")
      #expect(child.reads("deploy-b"))
      #expect(try sample.stage.run(["pause", "--reason", "lunch"]).code == 0)
      let output = child.rest()
      #expect(child.wait() == Self.waiting, "\(output)\(child.errors())")
      #expect(output.contains("paused"))
      let resumed = try sample.stage.run(["resume", "--no-wait"])
      try #require(resumed.code == Self.waiting, "\(resumed.all)")
      #expect(try sample.compare("moved", sample.blue, "vams-green").hasPrefix("alike"))
      try rollBack(sample)
    }
  }

  @Test("taken back after the switch, the name and all data are as before; and it can go again")
  func rolledBack() async throws {
    try await MotoServer.run { server in
      let sample = try SampleStack(server, share: 100)
      let run = try sample.stage.run(sample.forward)
      try #require(run.code == Self.waiting, "\(run.all)")
      let switched = try sample.approve("approve-switch")
      try #require(switched.code == Self.waiting, "\(switched.all)")
      #expect(try sample.name() == "green.example.test.")
      try rollBack(sample)
      let again = try sample.stage.run(sample.forward)
      try #require(again.code == Self.waiting, "\(again.all)")
      #expect(try sample.compare("moved", sample.blue, "vams-green").hasPrefix("alike"))
    }
  }

  private func rollBack(_ sample: SampleStack) throws {
    let back = try sample.stage.run(["rollback", "--reason", "practice"])
    #expect(back.code == 0, "\(back.all)")
    #expect(try sample.name() == "blue.example.test.")
    #expect(try sample.compare("same", sample.blue, "vams-blue").hasPrefix("alike"))
    #expect(
      try sample.remains() == "stacks blue:2 green:0 tables blue:17 green:0 pools blue:1 green:0")
  }

  /// Moments across the whole way: while B is made, in the copy, at the switch, at the end.
  private static let points = ["call-after:9", "journal-after:38", "journal-before:66"]

  @Test("killed there, it is carried on to the same end", arguments: points)
  func killed(point: String) async throws {
    try await MotoServer.run { server in
      let sample = try SampleStack(server, share: 1000)
      let killed = try sample.stage.run(
        sample.forward, program: .crashRunner, more: ["CUTOVER_KILL": point])
      #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
      let resumed = try sample.stage.run(["resume", "--no-wait"])
      try #require(resumed.code == Self.waiting, "\(resumed.all)")
      #expect(try sample.compare("moved", sample.blue, "vams-green").hasPrefix("alike"))
      let dying = try sample.stage.run(
        ["rollback", "--reason", "practice"], program: .crashRunner,
        more: ["CUTOVER_KILL": point])
      #expect([0, 128 + SIGKILL].contains(dying.code), "\(dying.all)")
      try rollBackRest(sample, dying.code)
    }
  }

  private func rollBackRest(_ sample: SampleStack, _ code: Int32) throws {
    if code != 0 {
      let back = try sample.stage.run(["rollback", "--reason", "practice"])
      #expect(back.code == 0, "\(back.all)")
    }
    #expect(try sample.name() == "blue.example.test.")
    #expect(try sample.compare("same", sample.blue, "vams-blue").hasPrefix("alike"))
    #expect(
      try sample.remains() == "stacks blue:2 green:0 tables blue:17 green:0 pools blue:1 green:0")
  }
}
