import Digests
import Resources

/// The items that a target held before a copy, by key.
struct FormerItems: Sendable {
  /// More than this is data of its own, which belongs into a backup and not into a plan.
  static let itemsMax = 1000
  static let bytesMax = 1 << 20
  /// Items asked of the target at a time.
  private static let pageLimit = 500

  private(set) var byKey: [ItemKey: [UInt8]] = [:]
  private(set) var sum = DigestSum()

  /// None at all.
  init() {}

  /// Reads back what a plan kept.
  init(_ texts: [String], of target: any TableStore) async throws(Failure) {
    for text in texts {
      let bytes = Array(text.utf8)
      let key = try await target.key(of: Item(bytes: bytes, isCanonical: true))
      byKey[key] = bytes
      sum.add(bytes)
    }
  }

  var items: [Item] {
    byKey.sorted { $0.key < $1.key }.map { Item(bytes: $0.value, isCanonical: true) }
  }

  /// What the target holds now, within the bounds of a plan.
  static func capture(_ target: any TableStore) async throws(Failure) -> [String] {
    var texts: [String] = []
    var bytes = 0
    var pages = TablePages(target, limit: pageLimit)
    while let items = try await pages.next() {
      for item in items {
        let canonical = try item.canonical(of: target.url)
        bytes += canonical.count
        texts.append(String(decoding: canonical, as: UTF8.self))
      }
      guard texts.count <= itemsMax, bytes <= bytesMax else {
        throw .refused(
          "\(target.url) holds more than \(itemsMax) items or \(bytesMax >> 20) MB already",
          hint: "A copy that can be undone keeps what was there. Empty the table, or copy it away "
            + "with a step of its own first.")
      }
    }
    return texts
  }
}
