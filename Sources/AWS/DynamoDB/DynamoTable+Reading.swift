import JSON
package import Resources

extension DynamoTable: TableSegmentScanning {
  /// A page ends at 1 MB in any case.
  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    try await page(of: nil, after: position, limit: limit)
  }

  package func page(
    of segment: TableSegment?, after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    precondition(limit > 0, "a page has room for an item")
    var body = RequestBody()
    body.raw("{\"TableName\":")
    body.string(name)
    body.raw(",\"ConsistentRead\":true,\"Limit\":")
    body.raw(Array(String(limit).utf8))
    if let segment {
      body.raw(Array(",\"Segment\":\(segment.index),\"TotalSegments\":\(segment.count)".utf8))
    }
    if let position {
      body.raw(",\"ExclusiveStartKey\":")
      body.raw(Array(position.text.utf8))
    }
    body.raw("}")
    let page = try await believed("Scan", body.bytes) { (reply) throws(JSONScanner.Malformed) in
      let page = try DynamoReply.scan(reply)
      let last = try page.last.map { (key) throws(JSONScanner.Malformed) in
        PagePosition(String(decoding: try ItemForm.canonical(key), as: UTF8.self))
      }
      return Page(page.items, next: last)
    }
    return page
  }

  package func items(for keys: [ItemKey]) async throws(Failure) -> [Item?] {
    let schema = try await keySchema()
    var found: [ItemKey: Item] = [:]
    var wanted: [ItemKey] = []
    var seen: Set<ItemKey> = []
    for key in keys where seen.insert(key).inserted { wanted.append(key) }
    let chunks = stride(from: 0, to: wanted.count, by: Self.keysMax).map {
      Array(wanted[$0..<min($0 + Self.keysMax, wanted.count)])
    }
    for items in try await concurrentMap(
      chunks, atOnce: Self.requestsAtOnce,
      { (chunk) async throws(Failure) in try await fetch(chunk, schema) })
    {
      for item in items { found[try schema.key(of: item, in: url)] = item }
    }
    return keys.map { found[$0] }
  }

  /// Source: "BatchGetItem" in the API reference.
  private static let keysMax = 100
  /// Requests of one batch that are under way at the same time.
  static let requestsAtOnce = 8
  /// How often a store may leave the same keys unanswered.
  private static let triesMax = 10
  private static let firstWait: Duration = .milliseconds(50)

  private func fetch(
    _ keys: [ItemKey], _ schema: KeySchema
  ) async throws(Failure) -> [Item] {
    var items: [Item] = []
    var left = keys.map(\.bytes)
    var tries = 0
    while !left.isEmpty {
      var body = RequestBody(room: 256 + left.count * 64)
      body.raw("{\"RequestItems\":{")
      body.string(name)
      body.raw(":{\"ConsistentRead\":true,\"Keys\":[")
      for (index, key) in left.enumerated() {
        if index > 0 { body.raw(",") }
        body.raw(key)
      }
      body.raw("]}}}")
      let answer = try await believed("BatchGetItem", body.bytes) {
        (reply) throws(JSONScanner.Malformed) in
        try DynamoReply.checkText(reply)
        guard let items = try DynamoReply.list("Responses", in: reply),
          let left = try DynamoReply.list("UnprocessedKeys", in: reply, of: "Keys")
        else { throw .init(expected: "'Responses' and 'UnprocessedKeys'", offset: reply.count) }
        return (items, left)
      }
      items += answer.0.map { Item(bytes: $0, isCanonical: ItemForm.isCanonical($0)) }
      tries = answer.0.isEmpty ? tries + 1 : 0
      left = answer.1
      guard !left.isEmpty else { break }
      guard tries < Self.triesMax else {
        throw .transient(
          "\(url) did not give \(left.count) items in \(tries) tries",
          hint: "Give the table more read capacity, then carry on with 'cutover resume'.")
      }
      try await rest(Self.firstWait * (1 << tries))
    }
    return items
  }

  func rest(_ most: Duration) async throws(Failure) {
    do throws(CancellationError) {
      try await client.session.clock.sleep(for: most * (0.5 + client.session.settings.random() / 2))
    } catch {
      throw .cancelled
    }
  }

  /// Calls a reading operation; a reply that makes no sense is asked for again.
  func believed<Answer>(
    _ operation: String, _ body: [UInt8],
    _ read: ([UInt8]) throws(JSONScanner.Malformed) -> Answer
  ) async throws(Failure) -> Answer {
    var tries = 0
    while true {
      tries += 1
      let failure: AWSFailure
      do throws(AWSFailure) {
        let reply = try await call(operation, body)
        do throws(JSONScanner.Malformed) {
          return try read(reply)
        } catch {
          failure = error.failure(operation)
        }
      } catch {
        throw error.failure(url)
      }
      guard tries < Self.triesMax else { throw failure.failure(url) }
      try await rest(Self.firstWait * (1 << tries))
    }
  }
}
