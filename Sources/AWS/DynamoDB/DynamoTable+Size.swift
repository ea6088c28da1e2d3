internal import Digests
internal import JSON
package import Resources

extension DynamoTable {
  /// The largest item, names of attributes included.
  private static let itemBytesMax = 400 << 10

  package func defect(of item: Item) -> String? {
    // What stands in JSON is never smaller than what is counted.
    guard item.bytes.count > Self.itemBytesMax,
      let tree = try? JSONValue(reading: item.bytes)
    else { return nil }
    let bytes = Self.bytes(ofMembers: tree.members ?? [])
    guard bytes > Self.itemBytesMax else { return nil }
    return "it has \(bytes) bytes, and DynamoDB takes \(Self.itemBytesMax) at most"
  }

  /// As DynamoDB counts
  /// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
  private static func bytes(ofMembers members: [JSONValue.Member]) -> Int {
    members.reduce(0) { $0 + $1.name.utf8.count + bytes(of: $1.value) }
  }

  private static func bytes(of typed: JSONValue) -> Int {
    guard let member = typed.members?.first else { return 0 }
    let value = member.value
    switch member.name {
    case "S": return value.string?.utf8.count ?? 0
    case "N": return numberBytes(value.string ?? "")
    case "B": return binaryBytes(value.string ?? "")
    case "SS": return (value.elements ?? []).reduce(0) { $0 + ($1.string?.utf8.count ?? 0) }
    case "NS": return (value.elements ?? []).reduce(0) { $0 + numberBytes($1.string ?? "") }
    case "BS": return (value.elements ?? []).reduce(0) { $0 + binaryBytes($1.string ?? "") }
    case "L":
      return containerBytes + (value.elements ?? []).reduce(0) { $0 + 1 + bytes(of: $1) }
    case "M":
      let members = value.members ?? []
      return containerBytes + members.count + bytes(ofMembers: members)
    case _: return 1
    }
  }

  private static let containerBytes = 3

  /// About a byte for two significant digits, and one more.
  private static func numberBytes(_ text: String) -> Int {
    let digits = text.utf8.prefix { $0 != 69 && $0 != 101 }.filter { (48...57).contains($0) }
    let significant = digits.drop { $0 == 48 }.count
    return (significant + 1) / 2 + 1
  }

  private static func binaryBytes(_ text: String) -> Int {
    Base64.decode(Array(text.utf8))?.count ?? 0
  }
}
