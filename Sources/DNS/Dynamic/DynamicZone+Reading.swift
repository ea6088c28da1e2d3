package import Resources
import Wire

extension DynamicZone {
  /// Types asked for one by one; whatever else a name has, the server is asked to list.
  private static let commonTypes: [DNSType] = [
    .cname, .a, .aaaa, .ns, .mx, .txt, .srv, .caa, .ptr, .https, .naptr, .ds, .tlsa, .sshfp,
    .dname, .soa,
  ]
  /// How often reading starts over because the zone changed meanwhile.
  private static let attemptsMax = 3

  /// Reads what really stands at the name.
  ///
  /// A plain question is not enough, because a wildcard makes records up: the server is also sent an
  /// update that changes nothing and whose prerequisites are the sets found.
  package func recordSets(at name: String) async throws(Failure) -> [RecordSet] {
    let owner = RecordSet(name: name, type: "A", ttlSeconds: 0, values: [])
    let name = try owner.parsedName().lowercased
    guard name.isWithin(zone) else {
      throw .permanent("\(name) is not in the zone \(zone)", hint: "Name the zone that holds it.")
    }
    for _ in 0..<Self.attemptsMax {
      let sets = try await seen(at: name)
      if !sets.isEmpty, try await holds(name, sets) { return sets }
      if try await isUnused(name) { return [] }
      // The name has records, but not those just seen: they changed, or are of rare types.
      let listed = try await ask(name, .any).filter { $0.type != "RRSIG" && $0.type != "NSEC" }
      if !listed.isEmpty, try await holds(name, listed) { return listed }
    }
    throw .transient(
      "\(what) gives no steady answer about the records at \(name)",
      hint: "It may be changing, or may hide records of rare types; try again.")
  }

  private func seen(at name: DNSName) async throws(Failure) -> [RecordSet] {
    var sets: [RecordSet] = []
    for type in Self.commonTypes {
      let found = try await ask(name, type)
      if let alias = found.first(where: { $0.isType(.cname) }) { return [alias] }
      sets += found
    }
    for set in try await ask(name, .any) {
      let isKnown = sets.contains { $0.isSameKind(as: set) }
      guard !isKnown, let type = DNSType(set.type), type != .rrsig, type != .nsec else { continue }
      sets.append(set)
    }
    return sets.ordered()
  }

  /// Whether these sets, with these values, stand at the name itself.
  private func holds(_ name: DNSName, _ sets: [RecordSet]) async throws(Failure) -> Bool {
    var probe = DNSMessage.update(zone: zone)
    // The server counts the SOA's serial as part of its value, and that moves on its own.
    for set in sets where !set.isType(.soa) {
      probe.require(name, holds: try set.records().map(\.data))
    }
    let code = try await probed(probe)
    guard code == .noError || code == .noSuchSet else {
      throw .code(code, "reading \(name) in \(what)")
    }
    return code == .noError
  }

  /// Whether no record at all stands at the name itself.
  private func isUnused(_ name: DNSName) async throws(Failure) -> Bool {
    var probe = DNSMessage.update(zone: zone)
    probe.requireNone(name, .any)
    let code = try await probed(probe)
    guard code == .noError || code == .nameExists else {
      throw .code(code, "reading \(name) in \(what)")
    }
    return code == .noError
  }

  /// Sends an update without changes; whatever became of it, the zone is as it was.
  private func probed(_ probe: DNSMessage) async throws(Failure) -> DNSResponseCode {
    do throws(DynamicZoneFailure) {
      return try await update(probe)
    } catch {
      switch error {
      case .notDone(let failure), .unknownOutcome(let failure): throw failure
      }
    }
  }
}
