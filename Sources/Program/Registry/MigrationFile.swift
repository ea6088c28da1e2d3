internal import Digests
internal import JSON
internal import Resources

/// A migration as a file: `0007_split-assets.json5`, a playbook of its own.
struct MigrationFile: Sendable {
  let order: MigrationOrder
  let name: String
  let path: String
  let bytes: [UInt8]
  /// SHA-256 of the bytes, in hexadecimal.
  let digest: String
  /// What the playbook calls its environment; nil where it cannot be read.
  let environment: String?

  static let ending = ".json5"

  init(order: MigrationOrder, name: String, path: String, bytes: [UInt8]) {
    self.order = order
    self.name = name
    self.path = path
    self.bytes = bytes
    digest = Self.digest(of: bytes)
    let document = JSONDocument(bytes, dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    environment = document.root?["environment"]?.string
  }

  static func digest(of bytes: [UInt8]) -> String { Digest.hex(Digest.sha256(bytes)) }

  var title: String { "\(order)_\(name)" }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// What a file's name says; nil when it is not of the form of a migration's.
  static func parts(of file: String) -> (order: MigrationOrder, name: String)? {
    guard file.hasSuffix(ending),
      let (order, name) = MigrationOrder.split(
        String(file.dropLast(ending.count)), separators: "_"), isName(name)
    else { return nil }
    return (order, name)
  }

  /// Letters, digits, `-`, `_` and `.`, so that a name stands anywhere without quotes.
  static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= nameBytesMax
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_.".utf8.contains(byte)
        }
      }
  }

  /// What file systems and keys of tables take with room to spare.
  private static let nameBytesMax = 128
}
