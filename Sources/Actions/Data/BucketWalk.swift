import Resources

/// Walks over the objects below a prefix in the order of their keys, with flat memory.
struct BucketWalk: KeyedWalk {
  static let pageLimit = 1000

  private let bucket: any BucketStore
  private let prefix: [UInt8]
  /// The last key to be walked over; nil for all.
  private let through: ObjectKey?
  private var isAtEnd = false
  private var lastKey: ObjectKey?
  var waiting: ArraySlice<ObjectEntry> = []
  /// Where the page after the latest one begins; nil when nothing follows.
  private(set) var position: PagePosition?

  init(
    _ bucket: any BucketStore, prefix: ObjectKey, after position: PagePosition? = nil,
    through: ObjectKey? = nil
  ) {
    self.bucket = bucket
    self.prefix = prefix.bytes
    self.through = through
    self.position = position
  }

  /// The objects of the next page, which may be none; nil after the last one.
  mutating func nextPage() async throws(Failure) -> [ObjectEntry]? {
    if isAtEnd { return nil }
    let page = try await bucket.page(after: position, limit: Self.pageLimit)
    try TablePages.checkMoved(from: position, to: page.next, in: bucket.url)
    position = page.next
    isAtEnd = page.next == nil
    for entry in page.elements {
      if let lastKey, !(lastKey < entry.key) {
        throw .permanent(
          "\(bucket.url) lists '\(entry.key.text)' out of order", hint: "Report this bug.")
      }
      lastKey = entry.key
    }
    // Behind the prefix nothing can follow that has it.
    if let lastKey, !lastKey.bytes.starts(with: prefix),
      prefix.lexicographicallyPrecedes(lastKey.bytes)
    {
      isAtEnd = true
      position = nil
    }
    if let through, let lastKey, through < lastKey {
      isAtEnd = true
      position = nil
      return page.elements.filter { !(through < $0.key) && $0.key.bytes.starts(with: prefix) }
    }
    return page.elements.filter { $0.key.bytes.starts(with: prefix) }
  }
}
