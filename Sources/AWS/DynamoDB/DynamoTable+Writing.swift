import JSON
package import Resources

extension DynamoTable {
  /// Sends batches of 25 side by side; what DynamoDB leaves unprocessed, or throttles, comes back.
  package func write(_ changes: [ItemChange]) async throws(Failure) -> WriteOutcome {
    guard !changes.isEmpty else { return WriteOutcome() }
    let schema = try await keySchema()
    var outcome = WriteOutcome()
    for wave in try WriteWave.waves(changes, schema, url) {
      // A later change of a key must not overtake an earlier one that was not taken.
      guard outcome.unprocessed.isEmpty else {
        outcome.unprocessed += wave.changes
        continue
      }
      for left in try await concurrentMap(
        wave.batches, atOnce: Self.requestsAtOnce,
        { (batch) async throws(Failure) in try await send(batch, schema) })
      {
        outcome.unprocessed += left
      }
      for part in try await concurrentMap(
        wave.conditions, atOnce: Self.requestsAtOnce,
        { (each) async throws(Failure) in
          switch each.change {
          case .insert(let item): try await insert(item, each.change, each.key, schema)
          case .replace, .remove: try await guarded(each.change, each.key, schema)
          case .put, .delete: preconditionFailure("\(each.key.text) goes with a batch")
          }
        })
      {
        outcome.unprocessed += part.unprocessed
        outcome.conflicts += part.conflicts
      }
    }
    return outcome
  }

  private func send(
    _ batch: WriteWave.Batch, _ schema: KeySchema
  ) async throws(Failure) -> [ItemChange] {
    let failure: AWSFailure
    do throws(AWSFailure) {
      return try await sendOnce(batch, schema)
    } catch {
      failure = error
    }
    if failure.isThrottled { return batch.changes.map(\.change) }
    guard failure.code == "ValidationException" else { throw failure.failure(url) }
    guard batch.changes.count > 1 else {
      throw Self.refusal(of: batch.changes[0].key, failure, url)
    }
    // One bad item has the whole batch refused; alone, it can be named, and the others get in.
    var left: [ItemChange] = []
    for change in batch.changes {
      var single = WriteWave.Batch()
      single.changes = [change]
      left += try await send(single, schema)
    }
    return left
  }

  static func refusal(
    of key: ItemKey, _ failure: AWSFailure, _ url: ResourceURL
  ) -> Failure {
    let words = failure.failure(url)
    return .permanent(
      "the item \(key.text): \(words.summary)",
      hint: "DynamoDB takes items of up to 400 KB, numbers of up to 38 digits, no empty sets and "
        + "no empty keys. Mend the item or leave it out, then 'cutover retry'.")
  }

  private func sendOnce(
    _ batch: WriteWave.Batch, _ schema: KeySchema
  ) async throws(AWSFailure) -> [ItemChange] {
    var body = RequestBody(room: 64 + name.utf8.count + batch.byteCount + batch.changes.count * 32)
    body.raw("{\"RequestItems\":{")
    body.string(name)
    body.raw(":[")
    for (index, change) in batch.changes.enumerated() {
      if index > 0 { body.raw(",") }
      switch change.change {
      case .put(let item):
        body.raw("{\"PutRequest\":{\"Item\":")
        body.raw(item.bytes)
      case .delete(let key):
        body.raw("{\"DeleteRequest\":{\"Key\":")
        body.raw(key.bytes)
      case .insert, .replace, .remove: preconditionFailure("a batch takes no conditions")
      }
      body.raw("}}")
    }
    body.raw("]}}")
    let reply = try await call("BatchWriteItem", body.bytes, leavesThrottling: true)
    do throws(JSONScanner.Malformed) {
      guard let left = try DynamoReply.list("UnprocessedItems", in: reply) else {
        throw .init(expected: "'UnprocessedItems'", offset: reply.count)
      }
      return left.isEmpty ? [] : try unprocessed(left, of: batch, schema)
    } catch {
      // Cut short, it may have named items that were not taken: all are written again.
      return batch.changes.map(\.change)
    }
  }

  /// They come back written anew by DynamoDB, so they are known by their keys.
  private func unprocessed(
    _ requests: [[UInt8]], of batch: WriteWave.Batch, _ schema: KeySchema
  ) throws(JSONScanner.Malformed) -> [ItemChange] {
    var byKey: [ItemKey: ItemChange] = [:]
    for (key, change) in batch.changes { byKey[key] = change }
    var left: [ItemChange] = []
    for request in requests {
      let put = try DynamoReply.object(["PutRequest", "Item"], in: request)
      let delete = try DynamoReply.object(["DeleteRequest", "Key"], in: request)
      guard let object = put ?? delete,
        let key = try? schema.key(of: Item(bytes: object, isCanonical: false), in: url),
        let change = byKey[key]
      else { throw .init(expected: "an item that was sent", offset: 0) }
      left.append(change)
    }
    return left
  }

  /// Writes an item where its key is free.
  private func insert(
    _ item: Item, _ change: ItemChange, _ key: ItemKey, _ schema: KeySchema
  ) async throws(Failure) -> WriteOutcome {
    var body = RequestBody(room: item.bytes.count + 256)
    body.raw("{\"TableName\":")
    body.string(name)
    body.raw(",\"Item\":")
    body.raw(item.bytes)
    body.raw(",\"ConditionExpression\":\"attribute_not_exists(#k)\"")
    body.raw(",\"ExpressionAttributeNames\":{\"#k\":")
    body.string(schema.attributes[0].name)
    body.raw("}}")
    let failure: AWSFailure
    do throws(AWSFailure) {
      _ = try await call("PutItem", body.bytes, leavesThrottling: true)
      return WriteOutcome()
    } catch {
      failure = error
    }
    if failure.isThrottled { return WriteOutcome(unprocessed: [change]) }
    if failure.code == "ValidationException" { throw Self.refusal(of: key, failure, url) }
    guard failure.code == "ConditionalCheckFailedException" else { throw failure.failure(url) }
    // Also the answer to a repeat of what had been taken.
    guard let there = try await items(for: [key])[0] else {
      return WriteOutcome(unprocessed: [change])
    }
    return isSame(there, item) ? WriteOutcome() : WriteOutcome(conflicts: [key])
  }

  func isSame(_ one: Item, _ other: Item) -> Bool {
    guard let left = try? ItemForm.canonical(one.bytes),
      let right = try? ItemForm.canonical(other.bytes)
    else { return one.bytes == other.bytes }
    return left == right
  }
}
