import Digests
import Resources
import Rollouts

/// Compares two tables item by item with flat memory, and names the first differences.
///
/// Both are read side by side while they keep about the same order; where they do not, they are
/// compared by digest and, if that differs, by looking each item up on the other side.
struct TableComparison: Sendable {
  static let pageLimit = 1000
  /// Items that may wait for their counterpart before the orders count as different.
  static let windowItemsMax = 20_000
  static let windowBytesMax = 32 << 20

  let left: any TableStore
  let right: any TableStore
  /// Turns items of the left into what the right should hold.
  let transform: (any ItemTransform)?
  /// Items that the right may hold besides, or instead of the left's.
  var allowed: FormerItems
  /// How many differences are named.
  let namedMax: Int
  let pace: Pace
  var windowItemsMax = Self.windowItemsMax

  func compare() async throws(Failure) -> TableFindings {
    if let findings = try await sideBySide() { return findings }
    if let findings = try await byDigest() { return findings }
    return try await byLookup()
  }

  /// Nil when the orders are too far apart.
  private func sideBySide() async throws(Failure) -> TableFindings? {
    var findings = TableFindings(namedMax: namedMax)
    var leftPages = TablePages(left, limit: Self.pageLimit)
    var rightPages = TablePages(right, limit: Self.pageLimit)
    var waiting = Window()
    var isLeftOver = false
    var isRightOver = false
    while !isLeftOver || !isRightOver {
      try pace.checkStop()
      if !isLeftOver {
        if let items = try await leftPages.next() {
          for item in try await expected(items, &findings) { waiting.meet(left: item, &findings) }
        } else {
          isLeftOver = true
        }
      }
      if !isRightOver {
        if let items = try await rightPages.next() {
          for item in items {
            findings.rightCount += 1
            waiting.meet(
              right: Keyed(try await right.key(of: item), try item.canonical(of: right.url)),
              allowed,
              &findings)
          }
        } else {
          isRightOver = true
        }
      }
      guard waiting.isSmall(windowItemsMax) else { return nil }
      pace.report(.init(done: findings.leftCount, unit: "items"))
    }
    waiting.close(allowed, &findings)
    return findings
  }

  /// Nil when the digests differ, or cannot say because some items are allowed to.
  private func byDigest() async throws(Failure) -> TableFindings? {
    guard transform == nil, allowed.byKey.isEmpty else { return nil }
    let one = try await TableDigest.of(left) { [pace] _ throws(Failure) in try pace.checkStop() }
    let other = try await TableDigest.of(right) { [pace] _ throws(Failure) in
      try pace.checkStop()
    }
    guard one == other else { return nil }
    var findings = TableFindings(namedMax: namedMax)
    findings.leftCount = Int(one.count)
    findings.rightCount = Int(other.count)
    return findings
  }

  private func byLookup() async throws(Failure) -> TableFindings {
    var findings = TableFindings(namedMax: namedMax)
    var matched = 0
    var leftPages = TablePages(left, limit: Self.pageLimit)
    while let items = try await leftPages.next() {
      try pace.checkStop()
      let wanted = try await expected(items, &findings)
      let there = try await right.items(for: wanted.map(\.key))
      for (want, found) in zip(wanted, there) {
        guard let found else {
          findings.add(.missing, want.key, in: nil)
          continue
        }
        matched += 1
        let bytes = try found.canonical(of: right.url)
        if bytes != want.bytes, allowed.byKey[want.key] != bytes {
          findings.add(.differing, want.key, in: (want.bytes, bytes))
        }
      }
    }
    var rightPages = TablePages(right, limit: Self.pageLimit)
    while let items = try await rightPages.next() {
      try pace.checkStop()
      findings.rightCount += items.count
      // Keys cannot be followed back through a transform; there the rest is only counted.
      guard transform == nil else { continue }
      var keys: [ItemKey] = []
      for item in items { keys.append(try await right.key(of: item)) }
      for (key, found) in zip(keys, try await left.items(for: keys))
      where found == nil && allowed.byKey[key] == nil {
        findings.add(.extra, key, in: nil)
      }
    }
    if transform != nil {
      findings.extra = max(0, findings.rightCount - matched - allowed.byKey.count)
    }
    return findings
  }

  private func expected(
    _ items: [Item], _ findings: inout TableFindings
  ) async throws(Failure) -> [Keyed] {
    guard let transform else {
      findings.leftCount += items.count
      var keyed: [Keyed] = []
      for item in items {
        keyed.append(Keyed(try await left.key(of: item), try item.canonical(of: left.url)))
      }
      return keyed
    }
    var keyed: [Keyed] = []
    for outcome in items.isEmpty ? [] : try await transform.apply(items) {
      switch outcome {
      case .skip: continue
      case .failed(let reason):
        throw .permanent("\(left.url): \(reason)", hint: "Mend the item or the transform.")
      case .changes(let changes):
        for case .put(let item) in changes {
          findings.leftCount += 1
          keyed.append(Keyed(try await right.key(of: item), try item.canonical(of: left.url)))
        }
      }
    }
    return keyed
  }
}

/// An item in canonical form with its key.
private struct Keyed {
  let key: ItemKey
  let bytes: [UInt8]

  init(_ key: ItemKey, _ bytes: [UInt8]) {
    self.key = key
    self.bytes = bytes
  }
}

/// Items of either side that have not met their counterpart yet.
private struct Window {
  private var left: [ItemKey: [UInt8]] = [:]
  private var right: [ItemKey: [UInt8]] = [:]
  private var byteCount = 0

  func isSmall(_ itemsMax: Int) -> Bool {
    left.count + right.count <= itemsMax
      && byteCount <= TableComparison.windowBytesMax
  }

  mutating func meet(left item: Keyed, _ findings: inout TableFindings) {
    guard let other = right.removeValue(forKey: item.key) else {
      left[item.key] = item.bytes
      byteCount += item.bytes.count
      return
    }
    byteCount -= other.count
    if other != item.bytes { findings.add(.differing, item.key, in: (item.bytes, other)) }
  }

  mutating func meet(
    right item: Keyed, _ allowed: FormerItems, _ findings: inout TableFindings
  ) {
    guard let other = left.removeValue(forKey: item.key) else {
      right[item.key] = item.bytes
      byteCount += item.bytes.count
      return
    }
    byteCount -= other.count
    if other != item.bytes, allowed.byKey[item.key] != item.bytes {
      findings.add(.differing, item.key, in: (other, item.bytes))
    }
  }

  func close(_ allowed: FormerItems, _ findings: inout TableFindings) {
    for key in left.keys.sorted() { findings.add(.missing, key, in: nil) }
    for key in right.keys.sorted() where allowed.byKey[key] != right[key] {
      findings.add(.extra, key, in: nil)
    }
  }
}
