import Foundation
import Harness
import Resources
import Testing

@testable import Local

/// The template and the data that the shipped playbook moves.
@Suite(.waiting) struct DemoServiceTests {
  private static let assets = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "playbooks/local").path

  private func seed(_ folder: String) throws -> Tool.Output {
    try Tool.run(["python3", "\(Self.assets)/seed.py", folder])
  }

  private func get(_ url: String) throws -> (status: String, body: String) {
    let found = try Tool.run([
      "curl", "-sS", "--path-as-is", "--max-time", "20", "-w", "%{stderr}%{http_code}", url,
    ])
    return (found.errorText, found.text)
  }

  @Test("the seed gives 50,000 people, 2,000 files, 500 users and a sound zone, twice the same")
  func seeding() async throws {
    let stage = try StackStage()
    let root = stage.folder.file("demo")
    try #require(seed(root).status == 0)
    #expect(try seed(root).errorText.contains("is there already"))
    let again = stage.folder.file("again")
    try #require(seed(again).status == 0)
    #expect(try Tool.run(["diff", "-r", root, again]).status == 0)

    let blue = "\(root)/data/blue"
    let counts = try Tool.sqlite3(
      "\(blue)/app.db", "SELECT count(*), sum(email IS NULL), sum(first <> '') FROM people")
    #expect(counts.text == "50000|2941|50000\n")
    let files = try Tool.run(["find", "\(blue)/files", "-type", "f", "-printf", "%s\n"]).text
      .split(separator: "\n").compactMap { Int($0) }
    #expect(files.count == 2000 && files.min() == 0 && files.max() == 200_000)
    let users = try UsersFile(ResourceURL("users://\(blue)/users.jsonl"))
    #expect(try await users.description()?.userCount == 500)
    let page = try await users.page(after: nil, limit: 1000)
    #expect(page.elements.count == 500 && page.elements.contains { !$0.isEnabled })
    let check = try Tool.run(["named-checkzone", "example.test", "\(root)/example.test.zone"])
    #expect(check.status == 0, "\(check.text)")
  }

  @Test("the service serves both releases, makes its own table, and gives out nothing else")
  func serving() async throws {
    let stage = try StackStage()
    let root = stage.folder.file("demo")
    try #require(seed(root).status == 0)
    func deploy(_ release: String, _ data: String) async throws -> String {
      let port = try ForeignListener.freePort()
      let template = StackTemplate(
        location: "\(Self.assets)/service",
        parameters: ["port": "\(port)", "data": data, "release": release])
      // Its own limit is for people; here the machine may be busy, and time passes by polls.
      let copy = stage.folder.file("service")
      if !FileManager.default.fileExists(atPath: copy) {
        try FileManager.default.copyItem(atPath: template.location, toPath: copy)
        let text = try stage.text("\(copy)/stack.json5").replacing(#""20s""#, with: #""60m""#)
        try text.write(toFile: "\(copy)/stack.json5", atomically: true, encoding: .utf8)
      }
      let outputs = try await stage.open().deploy(
        .init(location: copy, parameters: template.parameters)
      ) { _ in }
      #expect(outputs == ["url": "http://127.0.0.1:\(port)", "release": release])
      return "http://127.0.0.1:\(port)"
    }
    let blue = try await deploy("1", "\(root)/data/blue")
    #expect(try get("\(blue)/release").body == "1\n")
    #expect(try get("\(blue)/count").body == "50000\n")
    #expect(try get("\(blue)/users").body == "500\n")
    let person = try get("\(blue)/people/17").body
    let row = try Tool.sqlite3(
      "\(root)/data/blue/app.db", "SELECT first || ' ' || last FROM people WHERE id = 17"
    ).text
    #expect(
      person.contains(#""email": null"#) && person.contains(String(row.split(separator: " ")[0])))
    let file = "letters/na%C3%AFve%20%26%20co/0004.bin"
    let size = try Tool.run(["curl", "-s", "-o", stage.folder.file("got"), "\(blue)/files/\(file)"])
    #expect(size.status == 0)
    let path = "\(root)/data/blue/files/letters/naïve & co/0004.bin"
    #expect(try Tool.run(["cmp", path, stage.folder.file("got")]).status == 0)
    for path in ["files/../app.db", "files/%2e%2e/app.db", "files/%00", "files/", "people/0", "x"] {
      #expect(try get("\(blue)/\(path)").status == "404", "\(path)")
    }

    let green = try await deploy("2", "\(root)/data/green")
    #expect(try get("\(green)/count").body == "0\n")
    let schema = try Tool.sqlite3("\(root)/data/green/app.db", "PRAGMA table_info(people)").text
    #expect(schema.contains("full_name|TEXT|1"))
    _ = try Tool.sqlite3(
      "\(root)/data/green/app.db", "INSERT INTO people VALUES(7,'Ü Z',NULL,2020)")
    #expect(
      try get("\(green)/people/7").body
        == #"{"id": 7, "full_name": "Ü Z", "email": null, "joined_year": 2020}"# + "\n")
    #expect(try get("\(green)/users").status == "503")
    try await stage.open().destroy { _ in }
  }
}
