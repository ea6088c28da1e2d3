import Foundation
import Glibc
import Harness
import Resources
import Testing

@testable import Local

@Suite(.waiting) struct UsersFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("users.jsonl") }

  init() throws { folder = try TemporaryFolder() }

  private func directory() throws -> UsersFile { try UsersFile(ResourceURL("users://\(path)")) }

  private func put(_ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("a users file keeps the laws of a user directory")
  func laws() async throws {
    let url = "users://\(path)"
    try await UserDirectoryLaws { try UsersFile(ResourceURL(url)) }.check()
  }

  @Test("lines are in order of the names, and lines that do not change keep their bytes")
  func bytes() async throws {
    try put("{ \"username\" : \"m\", \"groups\": [ ] }\n\n{\"username\":\"b\"}")
    _ = try await directory().add([
      User(
        name: "c", attributes: ["z": "1", "a": "2"], groups: ["y", "x"],
        passwordHash: "$scrypt$ln=1$c2FsdA$aGFzaA"),
      User(name: "z", isEnabled: false, externalProvider: "Okta"),
    ])
    #expect(
      try text() == """
        {"username":"b"}
        {"username":"c","enabled":true,"groups":["x","y"],"attributes":{"a":"2","z":"1"},\
        "passwordHash":"$scrypt$ln=1$c2FsdA$aGFzaA"}
        { "username" : "m", "groups": [ ] }
        {"username":"z","enabled":false,"groups":[],"attributes":{},"externalProvider":"Okta"}

        """)
    let check = "import json; [json.loads(l) for l in open(r'\(path)')]"
    #expect(try Tool.run(["python3", "-c", check]).status == 0)
  }

  @Test("a new file may be read by its owner only, and an old one keeps its permissions")
  func permissions() async throws {
    try await directory().create()
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(chmod(path, 0o644) == 0)
    _ = try await directory().add([User(name: "a")])
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o644)
  }

  @Test(
    "a damaged file is refused with its line and column",
    arguments: [
      (
        "{\"username\":\"a\"}\n{\"username\":\"b\"",
        "line 2, column 16: expected '}' for the object opened at 2:1"
      ),
      ("{\"username\":\"a\"}\n\n{\"username\":\"b\",\"enabled\":1}", "line 3, column 27"),
      ("{\"name\":\"a\"}", "line 1, column 2: 'name' is not a field"),
      ("{\"username\":\"a\",\"lastLogin\":\"x\"}", "put it under attributes"),
      ("{\"username\":\"\"}", "expected a username"),
      ("{\"username\":\"a\",\"passwordHash\":\"hunter2\"}", "no password hash in PHC form"),
      ("{\"username\":\"a\",\"attributes\":{\"n\":1}}", "expected a string, found the number 1"),
      ("{\"username\":\"a\",\"groups\":\"x\"}", "expected a list of groups"),
      (
        "{\"username\":\"a\"}\n{\"username\":\"b\"}\n{\"username\":\"a\"}",
        "lines 1 and 3 are both 'a'"
      ),
      ("[]", "line 1"), ("\u{0}", "line 1"),
    ])
  func damaged(text: String, problem: String) async throws {
    try put(text)
    await #expect { try await directory().page(after: nil, limit: 9) } throws: { error in
      "\(error)".contains(problem) && !"\(error)".contains("hunter2")
    }
    #expect(try self.text() == text)
  }

  @Test("a password in the clear is refused on its way in, and not repeated in the message")
  func clearPassword() async throws {
    try await directory().create()
    await #expect {
      try await directory().add([User(name: "a", passwordHash: "hunter2")])
    } throws: {
      ($0 as? Failure)?.kind == .refused && !"\($0)".contains("hunter2")
    }
  }

  @Test("differing fields are named, and a hash that was not given is no difference")
  func differences() async throws {
    let hash = "$pbkdf2-sha256$i=600000$c2FsdA$aGFzaA"
    let there = User(
      name: "a", attributes: ["e": "1", "f": "2"], groups: ["x"], passwordHash: hash)
    try await directory().create()
    _ = try await directory().add([there])
    var other = User(name: "a", attributes: ["e": "2", "g": "3"], isEnabled: false)
    #expect(
      try await directory().add([other]) == [
        .differs(["enabled", "groups", "attribute e", "attribute f", "attribute g"])
      ])
    other = there
    other.passwordHash = nil
    #expect(try await directory().add([other]) == [.alike])
    other.passwordHash = "$scrypt$ln=1$c2FsdA$aGFzaA"
    #expect(try await directory().add([other]) == [.differs(["passwordHash"])])
  }

  @Test("writers of many processes take turns, and nobody's users are lost")
  func turns() async throws {
    try await directory().create()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<30 {
        group.addTask { _ = try await directory().add([User(name: "user\(number)")]) }
      }
      try await group.waitForAll()
    }
    #expect(try await directory().description()?.userCount == 30)
  }

  @Test("what a writer that was killed left behind is overwritten")
  func leftover() async throws {
    try put("{\"username\":\"a\"}\n")
    try Data("half a li".utf8).write(to: URL(fileURLWithPath: path + ".new"))
    _ = try await directory().add([User(name: "b")])
    #expect(try await directory().page(after: nil, limit: 9).elements.map(\.name) == ["a", "b"])
    #expect(!FileManager.default.fileExists(atPath: path + ".new"))
  }

  @Test("a file in a folder that is not there, or a folder, is told apart from an empty one")
  func oddPaths() async throws {
    #expect(try await directory().description() == nil)
    try await directory().remove(["a"])
    await #expect(throws: Failure.self) { try await directory().page(after: nil, limit: 1) }
    await #expect(throws: Failure.self) { try await directory().add([User(name: "a")]) }
    let missing = try UsersFile(ResourceURL("users:///nowhere/at/all"))
    await #expect(throws: Failure.self) { try await missing.create() }
    let folder = try UsersFile(ResourceURL("users://\(folder.path)"))
    await #expect(throws: Failure.self) { try await folder.description() }
  }
}
