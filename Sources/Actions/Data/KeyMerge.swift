import Resources

/// One key with what each side holds under it.
struct KeyMatch<Row: KeyedRow>: Sendable {
  let key: ObjectKey
  var source: Row?
  var target: Row?
  var former: Row?
}

typealias BucketMerge = KeyMerge<BucketWalk>
typealias BucketRow = KeyMatch<ObjectEntry>

/// Goes through two buckets and a former listing together, key by key.
struct KeyMerge<Walk: KeyedWalk> {
  static var rowsAtOnce: Int { 1000 }

  private var source: Walk?
  private var target: Walk?
  private var former: FormerCursor<Walk.Row>
  private let through: ObjectKey?

  init(
    source: Walk?, target: Walk?, former: FormerCursor<Walk.Row> = FormerCursor(nil),
    through: ObjectKey? = nil
  ) {
    self.through = through
    self.source = source
    self.target = target
    self.former = former
  }

  /// The next rows in the order of the keys; none at the end.
  mutating func nextRows() async throws(Failure) -> [KeyMatch<Walk.Row>] {
    var rows: [KeyMatch<Walk.Row>] = []
    while rows.count < Self.rowsAtOnce {
      let left = try await source?.peek()
      let right = try await target?.peek()
      let old = try former.peek()
      guard let key = [left?.key, right?.key, old?.key].compactMap(\.self).min() else { break }
      if let through, through < key { break }
      var row = KeyMatch<Walk.Row>(key: key)
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
