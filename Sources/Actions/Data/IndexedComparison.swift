import Digests
import Resources
import Rollouts

/// Compares two tables by way of a ``ComparisonIndex``, with flat memory.
///
/// Both sides are read once, in segments where a store can; what is read is in the index already
/// when the reading is interrupted. Items of the left that are as they were at the last comparison
/// are not transformed again. What differs is fetched again before it is believed, since tables
/// that are being written to differ for a moment.
struct IndexedComparison: Sendable {
  private static let pageLimit = 1000
  /// Differences that are looked at again, so many at a time.
  private static let recheckedAtOnce = 100
  private static let recheckedMax = 10_000

  let left: any TableStore
  let right: any TableStore
  let transform: (any ItemTransform)?
  let namedMax: Int
  let index: ComparisonIndex
  let round: ComparisonIndex.Round
  let pace: Pace

  struct Answer: Sendable {
    var findings: TableFindings
    /// Differences that were gone when they were looked at again.
    var vanished: Int
    var changed: Int
  }

  func compare() async throws(Failure) -> Answer {
    let count = SharedCount()
    try await read(left, .left, count)
    try await read(right, .right, count)
    let totals = try await index.totals(round, isTransformed: transform != nil)
    var findings = TableFindings(namedMax: namedMax)
    let vanished = try await name(&findings)
    let isSettled = findings.isEqual && totals.missing + totals.differing + totals.extra == vanished
    findings.leftCount = totals.left
    findings.rightCount = totals.right
    if !isSettled {
      findings.missing = totals.missing
      findings.differing = totals.differing
      findings.extra = totals.extra
    }
    try await index.complete(round)
    return Answer(
      findings: findings, vanished: isSettled ? vanished : 0, changed: totals.changed)
  }

  // MARK: Reading

  private func read(
    _ table: any TableStore, _ side: ComparisonIndex.Side, _ count: SharedCount
  ) async throws(Failure) {
    let scanning = table as? any TableSegmentScanning
    let segments = scanning == nil ? 1 : TableDigest.segments
    _ = try await concurrentMap(Array(0..<segments), atOnce: segments) {
      (segment) async throws(Failure) in
      guard var position = try await index.position(round, side, segment) else { return }
      while true {
        try pace.checkStop()
        let page =
          if let scanning {
            try await scanning.page(
              of: TableSegment(index: segment, count: segments), after: position,
              limit: Self.pageLimit)
          } else {
            try await table.page(after: position, limit: Self.pageLimit)
          }
        try TablePages.checkMoved(from: position, to: page.next, in: table.url)
        try await store(page, of: table, side, segment)
        pace.report(.init(done: count.add(page.elements.count), unit: "items of both sides"))
        guard let next = page.next else { return }
        position = next
      }
    }
  }

  private func store(
    _ page: Page<Item>, of table: any TableStore, _ side: ComparisonIndex.Side, _ segment: Int
  ) async throws(Failure) {
    var entries: [ComparisonIndex.Entry] = []
    for item in page.elements {
      entries.append(
        .init(
          key: try await table.key(of: item),
          digest: Digest.sha256(try item.canonical(of: table.url))))
    }
    var expectations: [ComparisonIndex.Expectation] = []
    if side == .left, let transform {
      let known = try await index.known(entries, round)
      let news = zip(entries, page.elements).filter { !known.contains($0.0.key) }
      expectations = try await expected(
        of: news.map { ($0.0.key, $0.1) }, by: transform
      ).map { source, items throws(Failure) in
        var wanted: [ComparisonIndex.Entry] = []
        for (key, bytes) in items { wanted.append(.init(key: key, digest: Digest.sha256(bytes))) }
        return .init(source: source, entries: wanted)
      }
    }
    try await index.store(entries, expectations, round, side, segment: segment, next: page.next)
  }

  private typealias Keyed = (key: ItemKey, bytes: [UInt8])

  /// What the right should hold for each of the left's items.
  private func expected(
    of sources: [(key: ItemKey, item: Item)], by transform: any ItemTransform
  ) async throws(Failure) -> [(ItemKey, [Keyed])] {
    guard !sources.isEmpty else { return [] }
    var found: [(ItemKey, [Keyed])] = []
    for (source, outcome) in zip(sources, try await transform.apply(sources.map(\.item))) {
      var wanted: [Keyed] = []
      switch outcome {
      case .skip: break
      case .failed(let reason):
        throw .permanent(
          "\(left.url): \(source.key.text): \(reason)", hint: "Mend the item or the transform.")
      case .changes(let changes):
        for case .put(let item) in changes {
          wanted.append((try await right.key(of: item), try item.canonical(of: left.url)))
        }
      }
      found.append((source.key, wanted))
    }
    return found
  }

  // MARK: Differences

  /// Looks at differences again until enough are named; returns how many were gone.
  private func name(_ findings: inout TableFindings) async throws(Failure) -> Int {
    let differences = try await index.differences(
      round, isTransformed: transform != nil, limit: Self.recheckedMax)
    var vanished = 0
    var rest = differences[...]
    while !rest.isEmpty, findings.differenceCount < max(1, namedMax) {
      try pace.checkStop()
      let part = Array(rest.prefix(Self.recheckedAtOnce))
      rest = rest.dropFirst(part.count)
      let there = try await right.items(for: part.map(\.key))
      let wanted = try await wanted(part)
      for (index, difference) in part.enumerated() {
        let found = try there[index]?.canonical(of: right.url)
        switch (wanted[index], found) {
        case (let want?, let found?):
          if want == found {
            vanished += 1
          } else {
            findings.add(.differing, difference.key, in: (want, found))
          }
        case (_?, nil): findings.add(.missing, difference.key, in: nil)
        case (nil, _?): findings.add(.extra, difference.key, in: nil)
        case (nil, nil): vanished += 1
        }
      }
    }
    return vanished
  }

  /// What the right should hold now under each key; nil where nothing.
  private func wanted(
    _ differences: [ComparisonIndex.Difference]
  ) async throws(Failure) -> [[UInt8]?] {
    var answers: [[UInt8]?] = []
    // Without a transform both sides have the same keys.
    let sources = differences.map { $0.source ?? (transform == nil ? $0.key : nil) }
    let there = try await left.items(for: sources.compactMap { $0 })
    var items = there.makeIterator()
    for (difference, source) in zip(differences, sources) {
      guard let source, let item = items.next() ?? nil else {
        answers.append(nil)
        continue
      }
      guard let transform else {
        answers.append(try item.canonical(of: left.url))
        continue
      }
      let expected = try await expected(of: [(source, item)], by: transform)
      answers.append(expected.flatMap(\.1).first { $0.key == difference.key }?.bytes)
    }
    return answers
  }
}
