import Digests
import JSON
import Resources

/// All versions of one object, the oldest first.
struct ObjectHistory: KeyedRow {
  let key: ObjectKey
  var versions: [ObjectVersion]
}

/// Walks over the histories of the objects below a prefix in the order of their keys.
struct VersionWalk: KeyedWalk {
  /// More versions of one object are not held in memory.
  static let versionsMax = 100_000

  private let bucket: any VersionKeeping
  private let prefix: [UInt8]
  /// The last key to be walked over; nil for all.
  private let through: ObjectKey?
  private var position: PagePosition?
  /// The newest versions of the key that the next page may go on with.
  private var open: ObjectHistory?
  private(set) var isAtEnd = false
  var waiting: ArraySlice<ObjectHistory> = []

  init(
    _ bucket: any VersionKeeping, prefix: ObjectKey, after key: ObjectKey? = nil,
    through: ObjectKey? = nil
  ) {
    self.bucket = bucket
    self.prefix = prefix.bytes
    self.through = through
    position = key.map { bucket.position(after: $0) }
  }

  mutating func nextPage() async throws(Failure) -> [ObjectHistory]? {
    if isAtEnd { return nil }
    let page = try await bucket.versionPage(after: position)
    try TablePages.checkMoved(from: position, to: page.next, in: bucket.url)
    position = page.next
    isAtEnd = page.next == nil
    var done: [ObjectHistory] = []
    for version in page.elements {
      if open?.key == version.key {
        open?.versions.append(version)
        continue
      }
      try close(into: &done, before: version.key)
      open = ObjectHistory(key: version.key, versions: [version])
    }
    if let open, open.versions.count > Self.versionsMax {
      throw .refused(
        "\(bucket.url): '\(open.key.text)' has more than \(Self.versionsMax) versions",
        hint: "Let a lifecycle rule expire the oldest, or copy the latest versions only.")
    }
    // Behind the prefix nothing can follow that has it.
    if let open, isBehind(open.key) {
      isAtEnd = true
      self.open = nil
    }
    if isAtEnd { try close(into: &done, before: nil) }
    return done.filter { $0.key.bytes.starts(with: prefix) && !isBehind($0.key) }
  }

  private mutating func close(
    into done: inout [ObjectHistory], before next: ObjectKey?
  ) throws(Failure) {
    guard var history = open else { return }
    if let next, !(history.key < next) {
      throw .permanent(
        "\(bucket.url) lists the versions of '\(next.text)' out of order",
        hint: "It does not list versions as S3 does; copy the latest versions only.")
    }
    history.versions.reverse()
    done.append(history)
    open = nil
  }

  private func isBehind(_ key: ObjectKey) -> Bool {
    if let through, through < key { return true }
    return !key.bytes.starts(with: prefix) && prefix.lexicographicallyPrecedes(key.bytes)
  }
}

extension ObjectVersion {
  /// What a ledger counts of a version that is the n-th in a history, by the store's own word for
  /// its content.
  func line(_ number: Int) -> [UInt8] {
    JSONValue.object([
      .init("content", .string(isDeletion ? "deleted" : entry.digest ?? "")),
      .init("key", .string(key.text)), .init("number", JSONValue(Int64(number))),
      .init("size", JSONValue(entry.size)),
    ]).compact(sortedKeys: true)
  }
}
