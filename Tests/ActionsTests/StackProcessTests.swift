import Foundation
import Harness
import Local
import Resources
import Rollouts
import Testing

@testable import Actions

/// `stack.deploy` and `stack.destroy` with stacks of real processes.
@Suite(.waiting) struct StackProcessTests {
  private let world: FakeWorld

  init() throws {
    world = try FakeWorld(providers: [.process])
    let template = world.folder.file("template")
    try FileManager.default.createDirectory(
      atPath: template, withIntermediateDirectories: true)
    try """
    {
      stack: 1,
      parameters: { release: "1", key: { secret: true } },
      services: {
        web: {
          command: ["sh", "-c", "touch ${stack.folder}/up; exec sleep infinity"],
          environment: { KEY: "${param.key}" },
          health: { command: ["test", "-e", "${stack.folder}/up"], within: "20s" },
          startWithin: "60m",
        },
      },
      outputs: { release: "${param.release}" },
    }
    """.write(toFile: "\(template)/stack.json5", atomically: true, encoding: .utf8)
    world.setSecret("env:KEY", "hunter22")
  }

  private func url(_ colour: String) -> String { "process://\(world.folder.file(colour))" }

  private func deploy(_ colour: String, _ journal: ActionJournal) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(StackDeploy.self),
      """
      {stack: "\(url(colour))", template: "\(world.folder.file("template"))",
       parameters: {release: "7", key: "${secret:env:KEY}"}}
      """, in: world.site(step: "deploy-\(colour)"), journal: journal)
  }

  @Test("a stack is made, killed anywhere, and undone to nothing", arguments: 1...4)
  func deployed(killedAt number: Int) async throws {
    let journal = ActionJournal()
    journal.kill(atWrite: number, afterWriting: true)
    _ = try? await deploy("green", journal).apply()
    journal.kill(atWrite: nil, afterWriting: false)
    let rig = try deploy("green", journal)
    #expect(try await rig.apply().outputs == ["release": "7"])
    #expect(try await rig.verify().isPassed)
    let record = try Tool.run(["grep", "-r", "hunter22", world.folder.path])
    #expect(record.status == 1, "\(record.text)")
    try await rig.undo()
    #expect(!FileManager.default.fileExists(atPath: world.folder.file("green")))
  }

  @Test("what a removal left that was killed at its last stroke is swept away when it is repeated")
  func swept() async throws {
    let journal = ActionJournal()
    try await deploy("green", journal).apply()
    let green = try world.site().stack(ResourceURL(url("green")))
    let remains = world.folder.file(".green.cutover-gone-0123456789abcdef")
    for leftover in [true, false] {
      if leftover { try await green.destroy { _ in } }
      try FileManager.default.createDirectory(
        atPath: remains, withIntermediateDirectories: true)
      try await deploy("green", journal).undo()
      #expect(!FileManager.default.fileExists(atPath: remains))
      if leftover { try await deploy("green", journal).apply() }
    }
  }

  @Test("the former stack is destroyed while the live one runs on")
  func destroyed() async throws {
    for colour in ["blue", "green"] { try await deploy(colour, ActionJournal()).apply() }
    let green = try world.site().stack(ResourceURL(url("green")))
    world.zone.set {
      $0.sets = [
        RecordSet(name: "www.example.test.", type: "CNAME", ttlSeconds: 5, values: ["green.test."])
      ]
    }
    world.setLive(
      LiveIndicator(
        zone: world.zone.url, name: "www.example.test", type: "CNAME",
        blue: .init(value: "blue.test", stack: try ResourceURL(url("blue"))),
        green: .init(value: "green.test", stack: try ResourceURL(url("green")))))
    world.setRecord(
      RolloutRecordView(
        live: .green,
        steps: [.init(id: "go", action: "dns.point", state: .done, ledgers: [], promotes: true)]))
    func destroy(_ colour: String) throws -> ActionRig {
      try ActionRig(
        ActionDescriptor(StackDestroy.self),
        """
        {stack: "\(url(colour))", name: "\(colour)",
         requires: {waive: ["bake", "approval"], reason: "a test"}}
        """, in: world.site(step: "destroy"))
    }
    let wrong = try destroy("green")
    await #expect(throws: Failure.self) { try await wrong.apply() }
    let right = try destroy("blue")
    #expect(try await right.plan().changes.contains { $0.contains("service web: process") })
    try await right.apply()
    #expect(try await right.verify().isPassed)
    #expect(!FileManager.default.fileExists(atPath: world.folder.file("blue")))
    #expect(try await green.description()?.state == .healthy)
    try await green.destroy { _ in }
  }
}
