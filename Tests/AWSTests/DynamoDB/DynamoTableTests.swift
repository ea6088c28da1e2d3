import Harness
import Resources
import Testing

@testable import AWS

@Suite("Tables of DynamoDB", .waiting)
struct DynamoTableTests {
  private func laws(
    _ name: String, keys: [(String, String)],
    _ item: @escaping @Sendable (Int, Int) -> String
  ) throws -> TableStoreLaws {
    let session = MotoSession.make(try MotoServer.shared())
    let url = "dynamodb://us-east-1/\(name)"
    return TableStoreLaws(
      url: url,
      description: TableDescription(keys: keys.map { .init(name: $0.0, type: $0.1) }), item: item
    ) { try DynamoTable(ResourceURL(url), in: session, purpose: nil) }
  }

  @Test("a table with a partition key keeps the laws")
  func partitionKey() async throws {
    try await laws("laws-partition", keys: [("id", "S")]) {
      #"{"id":{"S":"é\#($0)"},"v":{"N":"\#($1)"}}"#
    }.check()
  }

  @Test("a table with a sort key keeps the laws")
  func sortKey() async throws {
    try await laws("laws-sort", keys: [("p", "S"), ("a", "N")]) {
      #"{"a":{"N":"\#($0)"},"p":{"S":"\#($0 % 3)"},"v":{"L":[{"BOOL":true},{"N":"\#($1)"}]}}"#
    }.check()
  }
}
