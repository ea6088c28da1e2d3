import Harness
import Local
import Resources
import Testing

@Suite(.waiting, .timeLimit(.minutes(15))) struct ProcessStackLawsTests {
  @Test("a stack of one process keeps the laws")
  func single() async throws {
    let stage = try StackStage()
    try await StackDeployerLaws(
      template: { (stage.asks(["release": "\($0)"]), ["release": "\($0)"]) },
      open: { try stage.open() }
    ).check()
    #expect(try stage.siblings() == [])
  }

  @Test("a stack of several processes, whose files change, keeps the laws")
  func several() async throws {
    let stage = try StackStage(
      """
      { stack: 1, services: {
        a: { command: ["sleep", "infinity"], health: { command: ["true"], within: "20s" } },
        b: { command: ["sh", "-c", "sleep 1000 & sleep 1000 & wait"],
             health: { command: ["true"], within: "20s" } },
      }, outputs: { here: "${stack.folder}" } }
      """)
    let path = stage.instance
    try await StackDeployerLaws(
      template: { version in
        try stage.write("version \(version)", to: "file")
        return (stage.asks(), ["here": path])
      },
      open: { try stage.open() }
    ).check()
    #expect(try stage.siblings() == [])
  }
}
