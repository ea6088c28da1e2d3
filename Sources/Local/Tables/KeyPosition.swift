import Digests
import Resources
import SQLite

/// The key that a page ended with, as the text of a position: `1;i42;tYWJj`.
///
/// Kept in journals for weeks, so it begins with the version of its form.
enum KeyPosition {
  private static let version = "1"

  static func position(_ key: [Column]) -> PagePosition {
    let parts = key.map { value in
      switch value {
      case .null: "n"
      case .integer(let number): "i\(number)"
      // The bits, because not every decimal text comes back as the same number elsewhere.
      case .real(let number): "r" + String(number.bitPattern, radix: 16)
      case .text(let bytes): "t" + Base64.text(bytes)
      case .blob(let bytes): "b" + Base64.text(bytes)
      }
    }
    return PagePosition(([version] + parts).joined(separator: ";"))
  }

  static func key(
    _ position: PagePosition, count: Int, of url: ResourceURL
  ) throws(Failure) -> [Column] {
    let parts = position.text.split(separator: ";", omittingEmptySubsequences: false)
    let key = parts.dropFirst().compactMap { value(in: $0) }
    guard parts.first.map(String.init) == version, key.count == count, parts.count == count + 1
    else {
      throw .permanent(
        "'\(position.text)' is no position in \(url)",
        hint: "The table's key was changed, or the checkpoint is of another version.")
    }
    return key
  }

  private static func value(in part: Substring) -> Column? {
    let rest = String(part.dropFirst())
    switch part.first {
    case "i": return Int64(rest).map { .integer($0) }
    case "r": return UInt64(rest, radix: 16).map { .real(Double(bitPattern: $0)) }
    case "t": return Base64.decode(rest).map { .text($0) }
    case "b": return Base64.decode(rest).map { .blob($0) }
    case _: return nil
    }
  }
}
