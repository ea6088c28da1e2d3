import JSON
import Resources
import Rollouts

/// Whether sides hold as many items, objects or users, counted one by one.
///
/// What stores say of themselves is hours old, so everything is listed; nothing is compared.
struct CountComparison: Sendable {
  struct Pair: Decodable, Sendable {
    var from: ResourceURL
    var to: ResourceURL
  }

  struct Input: Decodable, Sendable {
    var tables: [Pair]?
    var buckets: [Pair]?
    var users: [Pair]?
    var missing: Int?
    var extra: Int?
    var prefix: CountPrefix?
  }

  static let fields: [InputField] = [
    pairs("tables", .table, "Tables, each with its other."),
    pairs("buckets", .bucket, "Buckets or prefixes of them, each with its other."),
    pairs("users", .users, "Directories of users, each with its other."),
    .optional(
      "missing", .integer(0...Int.max), "How many fewer 'to' may hold.", default: "0"),
    .optional("extra", .integer(0...Int.max), "How many more 'to' may hold.", default: "0"),
    .optional(
      "prefix", .object(CountPrefix.fields),
      "Counts the items of tables by how an attribute begins; each kind must agree by itself."),
  ]

  private static func pairs(_ name: String, _ kind: ResourceKind, _ help: String) -> InputField {
    .optional(
      name,
      .list(
        .object([
          .required("from", .resource(kind), "The one side.", uses: [.look, .read]),
          .required("to", .resource(kind), "The other side.", uses: [.look, .read]),
        ])), help)
  }

  private static let pageLimit = 1000

  /// One side: what it is called, and how it is counted; nil when it does not exist.
  private struct Side: Sendable {
    let url: ResourceURL
    let count: @Sendable (Pace) async throws(Failure) -> Tally?
  }

  private struct Tally: Sendable {
    var count = 0
    var byPrefix: [UTF8Key: Int] = [:]
  }

  private struct Sides: Sendable {
    let from: Side
    let to: Side
    let noun: String
  }

  private let sides: [Sides]
  private let missing: Int
  private let extra: Int

  init(_ input: Input, in site: Site) throws(Failure) {
    var sides: [Sides] = []
    for pair in input.tables ?? [] {
      sides.append(
        Sides(
          from: Self.side(try site.table(pair.from), input.prefix),
          to: Self.side(try site.table(pair.to), input.prefix),
          noun: "items"))
    }
    for pair in input.buckets ?? [] {
      sides.append(
        Sides(
          from: Self.side(try site.bucket(pair.from)), to: Self.side(try site.bucket(pair.to)),
          noun: "objects"))
    }
    for pair in input.users ?? [] {
      sides.append(
        Sides(
          from: Self.side(try site.users(pair.from)), to: Self.side(try site.users(pair.to)),
          noun: "users"))
    }
    guard !sides.isEmpty else {
      throw .permanent(
        "step \(site.step): there is nothing to count",
        hint: "Give the comparison 'tables', 'buckets' or 'users', each a list of from and to.")
    }
    self.sides = sides
    missing = input.missing ?? 0
    extra = input.extra ?? 0
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    var verdicts: [Verdict] = []
    for sides in sides {
      do throws(Failure) {
        verdicts.append(try await verdict(sides, pace))
      } catch {
        if error.kind == .cancelled { throw error }
        verdicts.append(.inconclusive("\(sides.from.url) and \(sides.to.url): \(error.summary)"))
      }
    }
    return .all(verdicts)
  }

  private func verdict(_ sides: Sides, _ pace: Pace) async throws(Failure) -> Verdict {
    let first = try await counted(sides, pace)
    if case .passed = first { return first }
    // What is being written to differs for a moment; what differs twice does differ.
    let again = try await counted(sides, pace)
    guard case .passed = again else { return again }
    return .inconclusive("\(sides.from.url) and \(sides.to.url) changed while they were counted")
  }

  private func counted(_ sides: Sides, _ pace: Pace) async throws(Failure) -> Verdict {
    guard let from = try await sides.from.count(pace) else {
      return .failed("\(sides.from.url) does not exist")
    }
    guard let to = try await sides.to.count(pace) else {
      return .failed("\(sides.to.url) does not exist")
    }
    let text =
      "\(sides.from.url) holds \(from.count) \(sides.noun), \(sides.to.url) \(to.count)"
    let unlike = Set(from.byPrefix.keys).union(to.byPrefix.keys).sorted().filter {
      !agree(from.byPrefix[$0] ?? 0, to.byPrefix[$0] ?? 0)
    }
    guard unlike.isEmpty else {
      let shown = unlike.prefix(Self.prefixesShownMax).map {
        "\(from.byPrefix[$0] ?? 0) and \(to.byPrefix[$0] ?? 0) of '\($0)'"
      }
      let more = unlike.count > shown.count ? " and \(unlike.count - shown.count) more" : ""
      return .failed("\(text): \(shown.joined(separator: ", "))\(more)")
    }
    return agree(from.count, to.count) ? .passed(text) : .failed(text)
  }

  private static let prefixesShownMax = 5

  private func agree(_ from: Int, _ to: Int) -> Bool {
    from - to <= missing && to - from <= extra
  }

  // MARK: Counting

  private static func side(_ table: any TableStore, _ prefix: CountPrefix?) -> Side {
    Side(url: table.url) { (pace) async throws(Failure) in
      guard try await table.description() != nil else { return nil }
      var pages = TablePages(table, limit: pageLimit)
      var tally = Tally()
      while let items = try await pages.next() {
        try pace.checkStop()
        tally.count += items.count
        if let prefix {
          for item in items { tally.byPrefix[UTF8Key(prefix.prefix(of: item)), default: 0] += 1 }
          guard tally.byPrefix.count <= CountPrefix.countMax else {
            throw .permanent(
              "\(table.url) has more than \(CountPrefix.countMax) prefixes",
              hint: "Choose another attribute or separator.")
          }
        }
        pace.report(.init(done: tally.count, unit: "items counted"))
      }
      return tally
    }
  }

  private static func side(_ bucket: any BucketStore) -> Side {
    Side(url: bucket.url) { (pace) async throws(Failure) in
      guard try await bucket.description() != nil else { return nil }
      var walk = BucketWalk(bucket, prefix: ObjectKey(""))
      var count = 0
      while let page = try await walk.nextPage() {
        try pace.checkStop()
        count += page.count
        pace.report(.init(done: count, unit: "objects counted"))
      }
      return Tally(count: count)
    }
  }

  private static func side(_ users: any UserDirectory) -> Side {
    Side(url: users.url) { (pace) async throws(Failure) in
      guard try await users.description() != nil else { return nil }
      var position: PagePosition?
      var count = 0
      while true {
        try pace.checkStop()
        let page = try await users.outline(after: position, limit: pageLimit)
        try TablePages.checkMoved(from: position, to: page.next, in: users.url)
        count += page.elements.count
        pace.report(.init(done: count, unit: "users counted"))
        position = page.next
        if position == nil { return Tally(count: count) }
      }
    }
  }
}
