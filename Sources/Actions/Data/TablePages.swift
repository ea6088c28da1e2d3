import Resources

/// Walks over a table page by page, with flat memory.
struct TablePages {
  private let table: any TableStore
  private let limit: Int
  private var position: PagePosition?
  private var isAtEnd = false

  init(_ table: any TableStore, limit: Int) {
    self.table = table
    self.limit = limit
  }

  /// The items of the next page, which may be none; nil after the last page.
  mutating func next() async throws(Failure) -> [Item]? {
    if isAtEnd { return nil }
    let page = try await table.page(after: position, limit: limit)
    try Self.checkMoved(from: position, to: page.next, in: table.url)
    position = page.next
    isAtEnd = page.next == nil
    return page.elements
  }

  /// A listing that hands out the same position again would be read for ever.
  static func checkMoved(
    from old: PagePosition?, to new: PagePosition?, in url: ResourceURL
  ) throws(Failure) {
    guard let old, let new, old.text.utf8.elementsEqual(new.text.utf8) else { return }
    throw .permanent("the listing of \(url) does not move on", hint: "Report this bug.")
  }
}
