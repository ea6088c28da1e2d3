import Foundation
import Harness
import JSON
import Testing

/// The adapter that runs classes of the old tool; where there is no node, nothing can be shown.
@Suite("Classes of amplify-data-migration as filters", .waiting, .enabled(if: AmplifyStage.hasNode))
struct AmplifyAdapterTests {
  private static let adapter = AmplifyStage.playbooks + "/filter.mjs"
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try Self.script.write(toFile: folder.file("book.mjs"), atomically: true, encoding: .utf8)
  }

  /// As the old tool's own example has it, with what may go wrong.
  static let script = """
    export default class ChangeKey_1 {
      name = "change"; timestamp = 1;
      async run(context) {
        const keys = [];
        await context.modelClient.runImport("Book", async (old) => {
          const { id, ...book } = old;
          console.log("at", id);
          if (book.title === "bad") throw new Error("no such book");
          if (book.title === "undefined") return { ...book, more: undefined };
          const key = `${book.author}|${book.title}`;
          if (keys.includes(key)) return null;
          keys.push(key);
          return book;
        });
        const client = context.modelClient;
        await client.updateModel("Todo", async (todo) => ({ ...todo, completed: false }));
        await client.updateModel("Old", async (old) => old, { filter: { expression: "x" } });
      }
    }
    """

  private func run(_ method: String, _ model: String, _ items: [String]) throws -> Tool.Output {
    let lines = items.enumerated().map {
      "{\"seq\":\($0.offset),\"table\":\"t\",\"item\":\($0.element)}\n"
    }
    try lines.joined().write(toFile: folder.file("in"), atomically: true, encoding: .utf8)
    return try Tool.run([
      "sh", "-c", "exec node \"$1\" \"$2\" \"$3\" \"$4\" < \"$5\"", "sh", Self.adapter,
      folder.file("book.mjs"), method, model, folder.file("in"),
    ])
  }

  @Test("items come back with every type and digit, and what fails is one item's own matter")
  func books() throws {
    let rest = #"""
      "n":{"N":"1.0000000000000000000000000000000000001"},"m":{"N":"9007199254740993"},\#
      "b":{"B":"AAE="},"s":{"SS":["x"]},"l":{"L":[{"NULL":true},{"M":{"__proto__":{"S":"p"}}}]}
      """#
    let output = try run(
      "runImport", "Book",
      [
        "{\"id\":{\"S\":\"1\"},\"author\":{\"S\":\"a\"},\"title\":{\"S\":\"t\"},\(rest)}",
        #"{"id":{"S":"2"},"author":{"S":"a"},"title":{"S":"t"}}"#,
        #"{"id":{"S":"3"},"title":{"S":"bad"}}"#, #"{"id":{"S":"4"},"title":{"S":"undefined"}}"#,
      ])
    #expect(output.status == 0, "\(output.errorText)")
    #expect(
      output.text.split(separator: "\n").map(String.init) == [
        #"{"seq":0,"put":{"author":{"S":"a"},"title":{"S":"t"},"# + rest + #"},"done":true}"#,
        #"{"seq":1,"put":{"author":{"S":"a"},"title":{"S":"t"}},"done":true}"#,
        #"{"seq":2,"reject":"the class failed: no such book","done":true}"#,
        #"{"seq":3,"reject":"the class failed: more is undefined","done":true}"#,
      ])
  }

  @Test("a call that the class does not make, or that cannot be honoured, is an error")
  func refusals() throws {
    let never = try run("updateModel", "Book", [])
    #expect(never.status == 1 && never.errorText.contains("never calls updateModel for Book"))
    let filtered = try run("updateModel", "Old", [])
    #expect(filtered.status == 1 && filtered.errorText.contains("is not evaluated here"))
  }

  @Test("a class changes a model in place, every attribute else as it was, and undo takes it back")
  func migrate() async throws {
    try await AmplifyStage.run { stage in
      let table = "\(stage.app)-Todo"
      try stage.make(table)
      try stage.load(table, "add_completed_field/Todo.before.jsonl")
      try stage.deploy(["Todo": table])
      #expect(try stage.run("init").code == 0)
      try stage.write(
        "1763720000000_completed",
        """
        steps: [{ updateModel: "Todo",
          filter: ["node", "\(Self.adapter)", "book.mjs", "updateModel", "Todo"] }]
        """)
      try stage.cutover.write("migrations/book.mjs", Self.script)
      let output = try stage.run("migrate")
      #expect(output.code == 0, "\(output.all)")
      #expect(try stage.compare(table, "add_completed_field/Todo.after.jsonl") == "same")
      #expect(try stage.run("undo", "--reason", "try").code == 0)
      #expect(try stage.compare(table, "add_completed_field/Todo.before.jsonl") == "same")
    }
  }
}
