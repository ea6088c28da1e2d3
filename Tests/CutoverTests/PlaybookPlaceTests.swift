import Foundation
import Harness
import Testing

@Suite("Where files are looked for", .waiting)
struct PlaybookPlaceTests {
  @Test("a relative template is beside the playbook, also for who carries on from another folder")
  func templates() throws {
    let binary = try Binary()
    let books = binary.folder.file("books")
    try SleepingStack.write(to: "\(books)/template")
    try binary.write(
      "books/p.json5",
      """
      {
        playbook: 1, environment: "place",
        colors: { blue: { name: "blue" }, green: { name: "green" } },
        steps: [
          { id: "ask", uses: "gate.approval", with: { comment: false } },
          { id: "deploy-b", uses: "stack.deploy",
            with: { stack: "process://\(binary.folder.path)/${to.name}", template: "template" } },
          { id: "hold", uses: "gate.approval", with: { comment: false } },
        ],
      }
      """)
    let journal = ["--journal", binary.folder.file("journal")]
    let first = try Child(
      ["run", "books/p.json5", "--live", "blue", "--yes"] + journal, in: binary.folder.path,
      environment: [:], input: "")
    #expect(first.reads("· ask"))
    first.signal(SIGKILL)
    _ = first.wait()
    // Whoever carries on reads what the journal holds, and never the file.
    try FileManager.default.removeItem(atPath: "\(books)/p.json5")
    let other = try Binary()
    #expect(try other.run(["approve", "ask"] + journal).code == 0)
    let second = try Child(["resume"] + journal, in: other.folder.path, environment: [:], input: "")
    #expect(second.reads("· hold"), "\(second.seen)\(second.errors())")
    #expect(FileManager.default.fileExists(atPath: binary.folder.file("green/up")))
    #expect(try other.run(["rollback", "--reason", "seen"] + journal).code == 0)
    #expect(second.rest().contains("rolled back"))
    #expect(second.wait() == 1)
    #expect(!FileManager.default.fileExists(atPath: binary.folder.file("green/up")))
  }

  @Test("the files of AWS are looked for where HOME says")
  func home() throws {
    let server = try MotoServer.shared()
    let binary = try Binary()
    for folder in ["home/.aws", "empty"] {
      try FileManager.default.createDirectory(
        atPath: binary.folder.file(folder), withIntermediateDirectories: true)
    }
    try binary.write(
      "home/.aws/config", "[default]\nregion = eu-west-1\nendpoint_url = \(server.url)\n")
    try binary.write(
      "home/.aws/credentials", "[default]\naws_access_key_id = a\naws_secret_access_key = s\n")
    try binary.write(
      "p.json5",
      """
      {
        playbook: 1, environment: "home",
        colors: { blue: { name: "blue" }, green: { name: "green" } },
        steps: [{ id: "look", uses: "validate", attempts: 1, with: { within: "0s", checks: [
          { aws: { service: "sts", operation: "GetCallerIdentity",
                   expect: { Account: { exists: true } } } }] } }],
      }
      """)
    func run(_ folder: String) throws -> Binary.Output {
      var environment = ["HOME": binary.folder.file(folder), "AWS_EC2_METADATA_DISABLED": "true"]
      for name in ["AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        #expect(ProcessInfo.processInfo.environment[name] == nil, "\(name) hides what is tested")
      }
      environment["AWS_SESSION_TOKEN"] = ""
      return try binary.run(
        ["run", "p.json5", "--live", "blue", "--yes", "--journal", "journal-\(folder)"],
        environment: environment)
    }
    let found = try run("home")
    #expect(found.code == 0, "\(found.all)")
    let none = try run("empty")
    #expect(none.code != 0 && none.all.contains("no AWS"), "\(none.all)")
  }
}
