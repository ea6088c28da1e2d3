import Harness
import Local
import Resources
import Testing

@Suite(.waiting) struct SQLiteTableLawsTests {
  private func laws(
    _ folder: TemporaryFolder, _ definition: String?, keys: [String], types: [String],
    attributes: [TableDescription.Attribute] = [.init(name: "v", type: "TEXT")],
    _ item: @escaping @Sendable (Int, Int) -> String
  ) -> TableStoreLaws {
    let url = "sqlite://\(folder.file("t.db"))#t%20%22x"
    return TableStoreLaws(
      url: url,
      description: TableDescription(
        keys: zip(keys, types).map { .init(name: $0, type: $1) }, attributes: attributes,
        definition: definition),
      item: item
    ) { try SQLiteTable(ResourceURL(url)) }
  }

  @Test("a table with an integer key keeps the laws")
  func integerKey() async throws {
    let folder = try TemporaryFolder()
    try await laws(
      folder, "CREATE TABLE old(id INTEGER PRIMARY KEY, v TEXT)", keys: ["id"], types: ["INTEGER"]
    ) { #"{"id":{"N":"\#($0 * 3 - 50)"},"v":{"S":"\#($1)"}}"# }.check()
  }

  @Test("a table with a text key that is not the row id keeps the laws")
  func textKey() async throws {
    let folder = try TemporaryFolder()
    try await laws(
      folder, #"CREATE TABLE "o ld" (k TEXT NOT NULL PRIMARY KEY, v TEXT)"#, keys: ["k"],
      types: ["TEXT"]
    ) { #"{"k":{"S":"é\#($0)"},"v":{"S":"\#($1)"}}"# }.check()
  }

  @Test("a table without row ids, with two key columns in another order, keeps the laws")
  func compositeKey() async throws {
    let folder = try TemporaryFolder()
    try await laws(
      folder,
      "CREATE TABLE [old](v TEXT, b REAL NOT NULL, a BLOB, PRIMARY KEY(b, a)) WITHOUT ROWID",
      keys: ["b", "a"], types: ["REAL", "BLOB"]
    ) { #"{"a":{"B":"A\#($0 % 3)A="},"b":{"N":"\#(Double($0) / 3)"},"v":{"S":"\#($1)"}}"# }.check()
  }

  @Test("a table without a primary key keeps the laws by its row id")
  func rowID() async throws {
    let folder = try TemporaryFolder()
    try await laws(
      folder, "CREATE TABLE old(v TEXT)", keys: ["rowid"], types: ["INTEGER"]
    ) { #"{"rowid":{"N":"\#($0 + 1)"},"v":{"S":"\#($1)"}}"# }.check()
  }

  @Test("a table made for the items of a store without a schema keeps the laws")
  func documents() async throws {
    let folder = try TemporaryFolder()
    try await laws(folder, nil, keys: ["item", "n"], types: ["S", "N"], attributes: []) {
      #"{"item":{"S":"a\#($0 % 4)"},"m":{"M":{"x":{"BOOL":true}}},"n":{"N":"\#($0).5"},"#
        + #""v":{"N":"\#($1)"}}"#
    }.check()
  }

  @Test("a table that is described only keeps the laws")
  func described() async throws {
    let folder = try TemporaryFolder()
    try await laws(
      folder, nil, keys: ["id", "k"], types: ["INTEGER", "VARCHAR(20)"],
      attributes: [.init(name: "v", type: "TEXT", isRequired: true)]
    ) { #"{"id":{"N":"\#($0)"},"k":{"S":"x"},"v":{"S":"\#($1)"}}"# }.check()
  }
}
