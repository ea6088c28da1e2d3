internal import JSON
internal import Resources

/// Takes away the bucket of exports and the table of migrations, in this order.
///
/// Safe to repeat: what is gone is passed over, so that a killed destruction is ended by another.
struct AmplifyDestruction: Sendable {
  let site: AmplifySite
  let bucketName: String
  /// Nil for what is not there.
  let objects: Int?
  let records: Int?
  /// Migrations that were exported and not applied since.
  let waiting: [String]
  /// Who migrates the backend just now.
  let holder: String?

  /// What the table holds.
  private struct Contents {
    var records = 0
    var waiting: [String] = []
    var holder: String?
  }

  private static let countedMax = 100_000
  private static let pageLimit = 1000
  private static let idleMax = 20
  private static let pause: Duration = .milliseconds(500)

  /// Looks at everything that would go.
  static func look(at site: AmplifySite) async throws -> AmplifyDestruction {
    let table = try site.table()
    var contents: Contents?
    var owner: AmplifySite.Owner?
    if try await table.description() != nil {
      owner = try await site.owner()
      try site.check(owner)
      contents = try await look(into: table)
    }
    let name = site.ownBucket ?? owner?.bucket ?? site.backend.names.bucket
    let bucket = try site.bucket(name)
    var objects: Int?
    if try await bucket.description() != nil { objects = try await count(bucket) }
    return AmplifyDestruction(
      site: site, bucketName: name, objects: objects, records: contents?.records,
      waiting: contents?.waiting ?? [], holder: contents?.holder)
  }

  private static func look(into table: any TableStore) async throws -> Contents {
    var runs: Set<String> = []
    var exports: [String: String] = [:]
    var contents = Contents()
    var position: PagePosition?
    repeat {
      let page = try await table.page(after: position, limit: pageLimit)
      for item in page.elements {
        let value = try JSONValue(reading: item.bytes)
        let order = value["timestamp"]?["N"]?.string ?? ""
        switch value["action"]?["S"]?.string {
        case "run":
          runs.insert(order)
          contents.records += 1
        case AmplifyExports.action:
          exports[order] = "\(order)_\(value["name"]?["S"]?.string ?? "")"
          contents.records += 1
        case AmplifyLock.action: contents.holder = value["holder"]?["S"]?.string ?? "somebody"
        case _: break
        }
      }
      position = page.next
    } while position != nil
    contents.waiting = exports.filter { !runs.contains($0.key) }.values.sorted()
    return contents
  }

  private static func count(_ bucket: any BucketStore) async throws -> Int {
    if let bucket = bucket as? any BucketVersionEmptying {
      return try await bucket.countVersions(atMost: countedMax)
    }
    return try await bucket.page(after: nil, limit: pageLimit).elements.count
  }

  var lines: [Line] {
    var lines: [Line] = []
    if let objects {
      let more = objects >= Self.countedMax ? "at least " : ""
      lines.append(
        "  \("delete", .bad) the bucket \(bucketName, .strong) with "
          + "\(more)\(Words.count(objects, "object")) and former versions")
    }
    if let records {
      lines.append(
        "  \("delete", .bad) the table \(site.tableURL.text, .strong) with "
          + "\(Words.count(records, "record"))")
    }
    return lines
  }

  func run() async throws {
    let bucket = try site.bucket(bucketName)
    if objects != nil {
      try await empty(bucket)
      try await bucket.remove()
    }
    // Last, since it says which bucket is meant.
    try await site.table().delete()
  }

  private func empty(_ bucket: any BucketStore) async throws {
    var idle = 0
    while true {
      let (deleted, isEmpty) = try await emptyPage(of: bucket)
      if isEmpty { return }
      idle = deleted > 0 ? 0 : idle + 1
      guard idle < Self.idleMax else {
        throw Refusal(
          .badInput, "\(bucket.url) is not getting empty",
          hint: "Is an object locked? Run the same command again once it may go.")
      }
      if idle > 0 { try await site.context.wiring.clock.sleep(for: Self.pause) }
    }
  }

  private func emptyPage(of bucket: any BucketStore) async throws -> (Int, Bool) {
    if let bucket = bucket as? any BucketVersionEmptying {
      let page = try await bucket.emptyPage()
      return (page.deleted, page.isEmpty)
    }
    let page = try await bucket.page(after: nil, limit: Self.pageLimit)
    guard !page.elements.isEmpty else { return (0, true) }
    let left = try await bucket.delete(page.elements.map(\.key))
    return (page.elements.count - left.count, false)
  }
}
