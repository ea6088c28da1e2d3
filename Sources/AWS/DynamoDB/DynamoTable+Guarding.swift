import JSON
import Resources

extension DynamoTable {
  /// Replaces or removes an item that is still the one that was read.
  ///
  /// The condition names what is known of it, and an update changes only what differs, since no
  /// condition of DynamoDB can exclude attributes that others added since the item was read. What
  /// DynamoDB says it found tells whether there are any, and then the write is taken back. A removed
  /// item, and one that differs in more attributes than an update holds, lacks them until then, and
  /// for good where the answer is lost on the way.
  func guarded(
    _ change: ItemChange, _ key: ItemKey, _ schema: KeySchema
  ) async throws(Failure) -> WriteOutcome {
    let write: GuardedWrite
    switch change {
    case .replace(let former, let new): write = try GuardedWrite(key, former, new, url)
    case .remove(let former): write = try GuardedWrite(key, former, nil, url)
    case .put, .insert, .delete: preconditionFailure("only guarded changes are sent so")
    }
    if write.new == write.former {
      // There is nothing to write; what counts is whether the item still is so.
      let there = try await items(for: [key])[0]?.bytes
      let isSame = there.map { (try? ItemForm.canonical($0)) ?? $0 } == write.new
      return isSame ? WriteOutcome() : WriteOutcome(conflicts: [key])
    }
    let reply: [UInt8]
    let request = write.request(of: name, schema)
    do throws(AWSFailure) {
      reply = try await call(request.operation, request.body, leavesThrottling: true)
    } catch {
      if error.isThrottled { return WriteOutcome(unprocessed: [change]) }
      if error.code == "ValidationException" { throw Self.refusal(of: key, error, url) }
      guard error.code == "ConditionalCheckFailedException" else { throw error.failure(url) }
      return write.outcome(of: change, meeting: try await met(error, key))
    }
    guard let old = try? DynamoReply.object(["Attributes"], in: reply),
      let old = try? ItemForm.canonical(old)
    else {
      // Cut short, perhaps: the repeat is told whether it was taken.
      return WriteOutcome(unprocessed: [change])
    }
    if old == write.former { return WriteOutcome() }
    try await takeBack(write, old, schema)
    return WriteOutcome(conflicts: [key])
  }

  /// What had the key when a condition failed, in canonical form.
  private func met(_ failure: AWSFailure, _ key: ItemKey) async throws(Failure) -> [UInt8]? {
    var there = try? DynamoReply.object(["Item"], in: failure.answer)
    // Told nothing, there is nothing, or the server is one that does not tell.
    if there == nil { there = try await items(for: [key])[0]?.bytes }
    guard let there else { return nil }
    return (try? ItemForm.canonical(there)) ?? there
  }

  private func takeBack(
    _ write: GuardedWrite, _ old: [UInt8], _ schema: KeySchema
  ) async throws(Failure) {
    var tries = 0
    while true {
      tries += 1
      let failure: AWSFailure
      do throws(AWSFailure) {
        let request = write.takingBack(old, of: name, schema)
        _ = try await call(request.operation, request.body)
        return
      } catch {
        failure = error
      }
      if failure.code == "ConditionalCheckFailedException" {
        // Taken back by a try whose answer was lost, or written by somebody in between.
        if try await met(failure, write.key) == old { return }
      } else if failure.isTransient, tries < Self.takeBackTriesMax {
        try await rest(Self.takeBackWait * (1 << tries))
        continue
      }
      throw .permanent(
        "\(url): the item \(write.key.text) was changed by others just when it was written here, "
          + "and what they added could not be put back: \(failure.failure(url).summary)",
        hint: "Compare the item with its source and with a backup; then 'cutover retry'.")
    }
  }

  /// Besides the tries of each call.
  private static let takeBackTriesMax = 6
  private static let takeBackWait: Duration = .milliseconds(500)
}
