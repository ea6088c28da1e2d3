import Digests
import Resources
import Rollouts
import Synchronization

/// The digest of everything that a table holds.
struct TableDigest {
  private static let pageLimit = 1000
  /// Segments read at the same time, where a store can be read in segments.
  static let segments = 8

  /// Reads the whole table; `report` gets the number of items of each page and may stop it.
  static func of(
    _ table: any TableStore, counting report: @escaping @Sendable (Int) throws(Failure) -> Void
  ) async throws(Failure) -> DigestSum {
    guard let table = table as? any TableSegmentScanning else {
      return try await digest(of: table, counting: report) {
        (position) async throws(Failure) in
        try await table.page(after: position, limit: pageLimit)
      }
    }
    let parts = try await concurrentMap(Array(0..<segments), atOnce: segments) {
      (index) async throws(Failure) in
      try await digest(of: table, counting: report) { (position) async throws(Failure) in
        try await table.page(
          of: TableSegment(index: index, count: segments), after: position, limit: pageLimit)
      }
    }
    return parts.reduce(into: DigestSum()) { $0 += $1 }
  }

  private static func digest(
    of table: any TableStore, counting report: (Int) throws(Failure) -> Void,
    _ page: (PagePosition?) async throws(Failure) -> Page<Item>
  ) async throws(Failure) -> DigestSum {
    var sum = DigestSum()
    var position: PagePosition?
    repeat {
      let part = try await page(position)
      try TablePages.checkMoved(from: position, to: part.next, in: table.url)
      sum += try Self.sum(part.elements, of: table.url)
      try report(part.elements.count)
      position = part.next
    } while position != nil
    return sum
  }

  static func sum(_ items: [Item], of url: ResourceURL) throws(Failure) -> DigestSum {
    var stream = DigestStream(.sha256)
    var sum = DigestSum()
    for item in items { sum.add(try item.canonical(of: url), using: &stream) }
    return sum
  }
}

/// Counts what several tasks read, for one display.
final class SharedCount: Sendable {
  private let count: Mutex<Int>

  init(_ start: Int = 0) { count = Mutex(start) }

  func add(_ more: Int) -> Int {
    count.withLock {
      $0 += more
      return $0
    }
  }
}
