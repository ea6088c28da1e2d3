import Resources

/// One key with what each side holds under it.
struct BucketRow: Sendable {
  let key: ObjectKey
  var source: ObjectEntry?
  var target: ObjectEntry?
  var former: ObjectEntry?
}

/// Goes through two buckets and a former listing together, key by key.
struct BucketMerge {
  static let rowsAtOnce = 1000

  private var source: BucketWalk?
  private var target: BucketWalk?
  private var former: FormerCursor
  private let through: ObjectKey?

  init(
    source: BucketWalk?, target: BucketWalk?, former: FormerCursor = FormerCursor(nil),
    through: ObjectKey? = nil
  ) {
    self.through = through
    self.source = source
    self.target = target
    self.former = former
  }

  /// The next rows in the order of the keys; none at the end.
  mutating func nextRows() async throws(Failure) -> [BucketRow] {
    var rows: [BucketRow] = []
    while rows.count < Self.rowsAtOnce {
      let left = try await source?.peek()
      let right = try await target?.peek()
      let old = try former.peek()
      guard let key = [left?.key, right?.key, old?.key].compactMap(\.self).min() else { break }
      if let through, through < key { break }
      var row = BucketRow(key: key)
      if let left, left.key == key {
        row.source = left
        source?.skip()
      }
      if let right, right.key == key {
        row.target = right
        target?.skip()
      }
      if old?.key == key { row.former = try former.next() }
      rows.append(row)
    }
    return rows
  }
}
