import JSON
import Resources

/// The key attributes of a table, partition key first.
struct KeySchema: Sendable {
  struct Attribute: Sendable, Equatable {
    let name: String
    /// `S`, `N` or `B`.
    let type: String
  }

  let attributes: [Attribute]
  /// In byte order, as a canonical key has them.
  private let sortedNames: [[UInt8]]

  /// Reads the `Table` member of a description.
  init(_ table: JSONValue, of url: ResourceURL) throws(Failure) {
    var types: [UTF8Key: String] = [:]
    for definition in table["AttributeDefinitions"]?.elements ?? [] {
      guard let name = definition["AttributeName"]?.string else { continue }
      types[UTF8Key(name)] = definition["AttributeType"]?.string
    }
    attributes = (table["KeySchema"]?.elements ?? [])
      .sorted { one, other in
        one["KeyType"]?.string == "HASH" && other["KeyType"]?.string != "HASH"
      }
      .compactMap { element in
        guard let name = element["AttributeName"]?.string else { return nil }
        return Attribute(name: name, type: types[UTF8Key(name)] ?? "S")
      }
    guard !attributes.isEmpty else {
      throw .permanent("\(url): its description names no key", hint: "Report this bug.")
    }
    sortedNames = attributes.map { Array($0.name.utf8) }
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  func key(of item: Item, in url: ResourceURL) throws(Failure) -> ItemKey {
    let problem: String?
    do throws(JSONScanner.Malformed) {
      if let bytes = try ItemForm.part(sortedNames, of: item.bytes) {
        problem = try KeyValueCheck.problem(of: bytes, attributes)
        if problem == nil { return ItemKey(bytes: bytes) }
      } else {
        problem = nil
      }
    } catch {
      throw .permanent(
        "\(url): an item is not DynamoDB JSON: \(error.expected) is missing at byte "
          + "\(error.offset)",
        hint: "Look at what produced it.")
    }
    let start = String(decoding: item.bytes.prefix(200), as: UTF8.self)
    if let problem {
      throw .permanent(
        "\(url) cannot hold the key of an item: \(problem): \(start)",
        hint: "Change the item, or leave it out.")
    }
    let names = attributes.map(\.name).joined(separator: ", ")
    throw .permanent(
      "\(url): an item lacks part of the key (\(names)): \(start)",
      hint: "Give it all attributes of the key.")
  }
}
