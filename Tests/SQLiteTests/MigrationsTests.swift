import Harness
import SQLite
import Testing

@Suite(.waiting) struct MigrationsTests {
  private let one = Migration("first", "CREATE TABLE a(x); CREATE TABLE b(x);")
  private let two = Migration("second", "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2);")
  private let broken = Migration("broken", "CREATE TABLE c(x); CREATE TABLE a(x);")

  @Test("missing migrations are applied once, in order")
  func order() throws {
    let connection = try Connection(.memory, mode: .create)
    #expect(try Migrations([one]).apply(to: connection) == ["first"])
    #expect(try Migrations([one, two]).apply(to: connection) == ["second"])
    #expect(try Migrations([one, two]).apply(to: connection) == [])
    #expect(try connection.userVersion() == 2)
    #expect(try connection.rows("SELECT x, y FROM a") == [[1, 2]])
  }

  @Test("a migration that fails leaves no part of itself")
  func failing() throws {
    let connection = try Connection(.memory, mode: .create)
    #expect(throws: DatabaseError.self) { try Migrations([one, broken]).apply(to: connection) }
    #expect(try connection.userVersion() == 1)
    #expect(try connection.value("SELECT count(*) FROM sqlite_schema WHERE name = 'c'") == 0)
  }

  @Test("a newer schema is refused")
  func newer() throws {
    let connection = try Connection(.memory, mode: .create)
    try Migrations([one, two]).apply(to: connection)
    let error = #expect(throws: Migrations.NewerSchema.self) {
      try Migrations([one]).apply(to: connection)
    }
    #expect(error?.found == 2 && error?.known == 1)
  }

  @Test("connections that migrate at the same time apply each migration once")
  func racing() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("race.db")
    let migrations = Migrations([one, two])
    let applied = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let database = try await Database.open(.file(path), mode: .create) { _ in }
          return try await database.use { try migrations.apply(to: $0) }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(applied.sorted() == ["first", "second"])
  }
}
