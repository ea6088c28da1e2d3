import Exports
import Harness
import Resources
import Testing

@Suite("Users as a table", .waiting)
struct UsersTableTests {
  private static let texts: [String] = [
    """
    {"attributes":{"M":{"email":{"S":"u0@example.org"}}},"enabled":{"BOOL":false},\
    "id":{"S":"user0"},"name":{"S":"user0"}}
    """,
    """
    {"attributes":{"M":{"email":{"S":"u1@example.org"}}},"enabled":{"BOOL":true},\
    "id":{"S":"sub-1"},"name":{"S":"user1"}}
    """,
    """
    {"attributes":{"M":{"email":{"S":"u2@example.org"}}},"enabled":{"BOOL":true},\
    "id":{"S":"user2"},"name":{"S":"user2"},"status":{"S":"CONFIRMED"}}
    """,
  ]

  @Test("each user is one item, found by its key too, and nothing is ever written")
  func users() async throws {
    let directory = MemoryUsers(try ResourceURL("users:///u"))
    directory.fill(
      (0..<5).map {
        User(
          name: "user\($0)", attributes: ["email": "u\($0)@example.org"], isEnabled: $0 > 0,
          id: $0 == 1 ? "sub-1" : nil, status: $0 == 2 ? "CONFIRMED" : nil)
      })
    let table = UsersTable(try ResourceURL("users+users:///u"), directory)
    #expect(try await table.description()?.keys.map(\.name) == ["name"])
    var items: [Item] = []
    var position: PagePosition?
    repeat {
      let page = try await table.page(after: position, limit: 2)
      items += page.elements
      position = page.next
    } while position != nil
    let texts = items.map { String(decoding: $0.bytes, as: UTF8.self) }
    #expect(Array(texts.prefix(3)) == Self.texts)
    #expect(items.count == 5)
    let keys = [
      try await table.key(of: items[3]), ItemKey(bytes: Array(#"{"name":{"S":"x"}}"#.utf8)),
    ]
    #expect(try await table.items(for: keys) == [items[3], nil])
    await #expect(throws: Failure.self) { try await table.write([.put(items[0])]) }
    await #expect(throws: Failure.self) { try await table.clear() }
    await #expect(throws: Failure.self) { try await table.delete() }
    let none = MemoryUsers(try ResourceURL("users:///v"), exists: false)
    #expect(try await UsersTable(try ResourceURL("users+users:///v"), none).description() == nil)
  }
}
