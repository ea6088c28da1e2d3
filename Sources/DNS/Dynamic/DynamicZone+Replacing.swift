package import Resources
import Wire

extension DynamicZone {
  /// How often a change starts over because the zone changed meanwhile.
  private static let changesMax = 3

  /// Replaces sets in one update, which the server carries out whole or not at all.
  package func replace(
    at name: String, former: [RecordSet], with wanted: [RecordSet]
  ) async throws(Failure) {
    let change = try RecordChange(at: name, former: former, wanted: wanted, in: zone)
    let message = try message(change)
    for _ in 0..<Self.changesMax {
      let present = try await recordSets(at: name)
      guard try change.isNeeded(given: present) else { return }
      let before = try await serial()
      let code: DNSResponseCode
      do throws(DynamicZoneFailure) {
        code = try await update(message)
      } catch {
        switch error {
        case .notDone(let failure): throw failure
        case .unknownOutcome(let failure):
          try await settle(change, failure)
          return
        }
      }
      switch code {
      case .noError:
        try await confirm(change, before)
        return
      // A prerequisite did not hold: somebody was faster. Look again.
      case .noSuchSet, .setExists, .nameExists, .noSuchName: continue
      case _: throw .code(code, "changing \(change.name) in \(what)")
      }
    }
    throw .refused(
      "\(what) keeps refusing the change of \(change.name): what it answers and what it holds "
        + "do not agree",
      hint: "Look at the name with 'dig' and at the server's log.")
  }

  private func message(_ change: RecordChange) throws(Failure) -> DNSMessage {
    var message = DNSMessage.update(zone: zone)
    for set in change.former {
      message.require(change.name, holds: try set.records().map(\.data))
    }
    let formerTypes = change.types.filter { type in change.former.contains { $0.isType(type) } }
    var absent = change.types.filter { !formerTypes.contains($0) }
    if change.wanted.contains(where: { $0.isType(.cname) }) {
      // A server silently leaves out a CNAME beside other data (RFC 2136 section 3.4.2.2).
      // NSEC3 records stand at names of their own; BIND fails on being asked about them.
      absent = DNSType.known.filter {
        !formerTypes.contains($0) && !$0.mayStandBesideCNAME && $0 != .nsec3
      }
      if !formerTypes.contains(.cname) { absent.append(.cname) }
    } else if !change.wanted.isEmpty, !change.types.contains(.cname) {
      absent.append(.cname)
    }
    for type in absent { message.requireNone(change.name, type) }
    for type in formerTypes { message.remove(change.name, type) }
    for set in change.wanted {
      for record in try set.records() { message.add(record) }
    }
    return message
  }

  /// Finds out what became of an update whose answer was lost.
  private func settle(_ change: RecordChange, _ failure: Failure) async throws(Failure) {
    let (present, _) = change.split(try await recordSets(at: change.name.description))
    if RecordChange.isSame(present, change.wanted) { return }
    throw failure
  }

  /// Reads back what the server says it did.
  private func confirm(_ change: RecordChange, _ before: UInt32?) async throws(Failure) {
    let (present, _) = change.split(try await recordSets(at: change.name.description))
    guard RecordChange.isSame(present, change.wanted) else {
      throw .permanent(
        "\(what) said that it changed \(change.name), but holds \(present.summary) "
          + "where \(change.wanted.summary) was asked for",
        hint: "Somebody else may have changed it since; look at the server's log.")
    }
    guard let before, let after = try await serial() else { return }
    guard ZoneSerial.isIncrease(from: before, to: after) else {
      throw .permanent(
        "\(what) changed \(change.name), but its serial did not grow (\(before), now \(after)), "
          + "so that its secondaries will not notice",
        hint: "Increase the serial on the server.")
    }
  }
}
