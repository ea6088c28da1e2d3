import Digests
import JSON
import Resources

/// The key of an exported table, which no file of the export tells.
struct ExportKeys: Sendable {
  static let parameter = "keys"

  let attributes: [TableDescription.Attribute]
  private let sortedNames: [[UInt8]]

  /// Reads `keys=author,title` or `keys=id:N`, partition key first.
  init(_ url: ResourceURL) throws(Failure) {
    let words = url.query.filter { $0.name == Self.parameter }
      .flatMap { $0.value.split(separator: ",") }
    attributes = words.map { word in
      let types = ["S", "N", "B"].filter { word.hasSuffix(":\($0)") }
      return TableDescription.Attribute(
        name: String(types.isEmpty ? word : word.dropLast(2)), type: types.first ?? "S",
        isRequired: true)
    }
    guard (1...2).contains(attributes.count), !attributes.contains(where: \.name.isEmpty) else {
      throw .permanent(
        "\(url) does not say the table's key, which an export does not tell",
        hint:
          "Add ?\(Self.parameter)=id, or ?\(Self.parameter)=author,title with the partition key "
          + "first; ':N' or ':B' behind a name says its type.")
    }
    sortedNames = attributes.map { Array($0.name.utf8) }
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// The key of an item; nil where part of it is wanting.
  func key(of item: [UInt8]) throws(JSONScanner.Malformed) -> ItemKey? {
    try ItemForm.part(sortedNames, of: item).map { ItemKey(bytes: $0) }
  }
}

/// A key in little room: half of its SHA-256, which no two keys share.
struct KeyMark: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  init(_ key: ItemKey) {
    let digest = Digest.sha256(key.bytes)
    (high, low) = digest.withUnsafeBytes {
      ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
  }
}
