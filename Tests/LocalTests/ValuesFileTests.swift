import Foundation
import Harness
import Resources
import Testing

@testable import Local

@Suite("Values in a file", .waiting)
struct ValuesFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("values.json") }

  init() throws { folder = try TemporaryFolder() }

  private func put(_ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func store() throws -> ValuesFile { try ValuesFile(ResourceURL("values://\(path)")) }

  @Test("a file keeps the laws of a store of values")
  func laws() async throws {
    let (url, path) = ("values://\(path)", path)
    try await ValueStoreLaws(
      spoil: { key in
        let edit = """
          import json, sys
          values = json.load(open(sys.argv[1]))
          values[sys.argv[2]] = "true"
          json.dump(values, open(sys.argv[1], "w"))
          """
        guard try Tool.run(["python3", "-c", edit, path, key]).status == 0 else {
          throw HarnessError("the file was not spoilt")
        }
      }, open: { try ValuesFile(ResourceURL(url)) }
    ).check()
  }

  @Test("what others keep in the file stays, and what is written is plain JSON")
  func others() async throws {
    try put("{ \"other\": [1, {\"a\": null}], \"current-color\": \"blue\" }")
    let done = try await store().replace(
      "current-color", .word, former: StoredValue("blue", as: .word),
      with: StoredValue("green", as: .word))
    #expect(done == .done)
    _ = try await store().replace("migrate", .flag, former: nil, with: .flag(true))
    let check = """
      import json
      assert json.load(open(r'\(path)')) == {
        "other": [1, {"a": None}], "current-color": "green", "migrate": True}
      """
    #expect(try Tool.run(["python3", "-c", check]).status == 0)
  }

  @Test("a file that is no JSON object is no empty store", arguments: ["", "[]", "{\"a\": "])
  func broken(_ text: String) async throws {
    try put(text)
    await #expect(throws: Failure.self) { try await store().value(of: "a", as: .word) }
    await #expect(throws: Failure.self) {
      try await store().replace("a", .word, former: nil, with: StoredValue("b", as: .word))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test("texts that could be anything are no values")
  func wellFormed() {
    for text in ["", " a", "a ", "a\nb", "a\u{7F}", String(repeating: "x", count: 1025)] {
      #expect(StoredValue(text, as: .word) == nil)
    }
    for text in ["True", "1", "yes", ""] { #expect(StoredValue(text, as: .flag) == nil) }
    for text in ["", "-", ".5", "5.", "1e3", "+1", "0x1", "1 ", String(repeating: "9", count: 39)] {
      #expect(StoredValue(text, as: .number) == nil)
    }
    #expect(StoredValue("-0.00", as: .number)?.text == "0")
    #expect(StoredValue("-012.340", as: .number)?.text == "-12.34")
    #expect(StoredValue("true", as: .flag) == .flag(true))
    #expect(StoredValue("true", as: .word) != .flag(true))
  }
}
