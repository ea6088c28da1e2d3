/// How many items may be rejected, counted over all pages that are under way side by side.
actor RejectAllowance {
  nonisolated let most: Int?
  private var settled: Int
  private var pending: [Int: Int] = [:]

  /// `settled` is how many were rejected before; without `most` any number may be.
  init(most: Int?, settled: Int) {
    self.most = most
    self.settled = settled
  }

  /// Counts what one segment's page rejects now, in place of what it did before; answers how many
  /// there are in all where that is too many, and then counts none of the page.
  func excess(with count: Int, of segment: Int) -> Int? {
    pending[segment] = nil
    let sum = settled + pending.values.reduce(count, +)
    if let most, count > 0, sum > most { return sum }
    pending[segment] = count
    return nil
  }

  /// The segment's page is written, and what it rejects stays.
  func settle(_ segment: Int) {
    settled += pending.removeValue(forKey: segment) ?? 0
  }
}
