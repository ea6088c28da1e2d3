import Foundation
import Harness
import Testing

/// The playbooks of playbooks/vams as they are shipped; everything is read back with boto3.
@Suite("The VAMS playbooks, run whole", .waiting)
struct VAMSPlaybooksTests {
  private static func run(
    _ mode: VAMSStage.Mode, green: String = VAMSStage.green, region: String = "us-east-1",
    _ body: (VAMSStage) throws -> Void
  ) async throws {
    try await MotoServer.run { server in
      try await ScriptedServer.run(VAMSStage.outside) { outside in
        try body(VAMSStage(server, outside, mode, green: green, greenRegion: region))
      }
    }
  }

  /// How many tables a stack has, one of them not known to the playbooks.
  private static let tables = 32

  @Test("ab-cloudfront: B has it all, the alias and the name; then A goes")
  func cloudFront() async throws {
    try await Self.run(.cloudfront) { vams in
      let parameters = try vams.both()
      let ready = try vams.run("ab-cloudfront", parameters, until: "approve-switch")
      try #require(ready.code == VAMSStage.waiting, "\(ready.all)")
      #expect(try vams.isBackedUp())
      #expect(try vams.isMoved())
      #expect(try vams.name() == "notice.example.org.")
      let switched = try vams.go(until: "approve-destroy")
      try #require(switched.code == VAMSStage.waiting, "\(switched.all)")
      #expect(try vams.name() == "green.vams.example.org.")
      #expect(try vams.alias().hasPrefix("E"))
      let ended = try vams.go(until: nil)
      try #require(ended.code == 0, "\(ended.all)")
      #expect(try vams.isMoved())
      #expect(try vams.remains() == "blue: 0 green: 3 blue: 0 green: \(Self.tables)")
    }
  }

  @Test("ab-cloudfront, taken back after the switch: the alias, the name and A are as before")
  func cloudFrontBack() async throws {
    try await Self.run(.cloudfront) { vams in
      let switched = try vams.run("ab-cloudfront", try vams.both(), until: "approve-destroy")
      try #require(switched.code == VAMSStage.waiting, "\(switched.all)")
      let moved = try vams.alias()
      let back = try vams.cutover("rollback", "--reason", "practice")
      #expect(back.code == 0, "\(back.all)")
      #expect(try vams.name() == "blue.vams.example.org.")
      #expect(try vams.alias() != moved)
      #expect(try vams.isSame())
      #expect(try vams.remains() == "blue: 3 green: 0 blue: \(Self.tables) green: 0")
    }
  }

  @Test("ab-alb: A's web bucket goes and comes back whole; the next time B keeps the names")
  func loadBalancer() async throws {
    try await Self.run(.alb) { vams in
      let parameters = try vams.both()
      let switched = try vams.run("ab-alb", parameters, until: "approve-destroy")
      try #require(switched.code == VAMSStage.waiting, "\(switched.all)")
      #expect(try vams.isRestored())
      #expect(try vams.isMoved())
      #expect(try vams.name() == "green.vams.example.org.")
      let back = try vams.cutover("rollback", "--reason", "practice")
      #expect(back.code == 0, "\(back.all)")
      #expect(try vams.name() == "blue.vams.example.org.")
      #expect(try vams.isSame())
      let again = try vams.run("ab-alb", parameters, until: "approve-destroy")
      try #require(again.code == VAMSStage.waiting, "\(again.all)")
      try vams.take(VAMSStage.green, "green.json")
      let ended = try vams.go(until: nil)
      try #require(ended.code == 0, "\(ended.all)")
      #expect(try vams.isMoved())
      #expect(try vams.isRestored())
      #expect(try vams.isSame("green.json", VAMSStage.green))
      #expect(try vams.remains() == "blue: 0 green: 3 blue: 0 green: \(Self.tables)")
    }
  }

  @Test("ab-region: B in another region has it all, with its region's names")
  func region() async throws {
    let green = "vams-core-prod-green-us-west-2"
    try await Self.run(.cloudfront, green: green, region: "us-west-2") { vams in
      let ended = try vams.run("ab-region", try vams.both(), until: nil)
      try #require(ended.code == 0, "\(ended.all)")
      #expect(try vams.isMoved())
      #expect(try vams.name() == "green.vams.example.org.")
      #expect(try vams.remains() == "blue: 0 green: 0 blue: 0 green: 0")
    }
  }

  @Test("pre-update saves, and in-place updates")
  func inPlace() async throws {
    try await Self.run(.cloudfront) { vams in
      let saved = try vams.run("pre-update", vams.saving, until: nil)
      try #require(saved.code == 0, "\(saved.all)")
      #expect(try vams.isBackedUp())
      let updated = try vams.run("in-place", vams.inPlace, until: nil)
      try #require(updated.code == 0, "\(updated.all)")
      #expect(try vams.remains() == "blue: 3 green: 0 blue: \(Self.tables + 1) green: 0")
      #expect(try vams.isSame())
    }
  }

  // On a server of its own: moto does not make a table again that an update took out of a stack.
  @Test("in-place goes back by itself when the API fails, to all that was there")
  func inPlaceBack() async throws {
    try await Self.run(.cloudfront) { vams in
      try vams.breakAPI()
      let failed = try vams.run("in-place", vams.inPlace, until: nil)
      #expect(failed.code == 1, "\(failed.all)")
      #expect(failed.text.contains("the API answers"))
      #expect(try vams.remains() == "blue: 3 green: 0 blue: \(Self.tables) green: 0")
      #expect(try vams.isSame())
    }
  }
}
