import Resources
import Rollouts

/// What the zone and each of its servers answer when asked which colour is live.
struct LiveSighting: Sendable {
  enum Finding: Sendable, Equatable {
    /// The values found; empty when there surely are none.
    case shows([String])
    case cannotTell(String)
  }

  struct Source: Sendable, Equatable {
    let name: String
    let finding: Finding
  }

  let sources: [Source]

  /// Asks afresh, nobody where the section names no zone; throws only when asked to stop.
  static func look(_ live: LiveIndicator, in site: Site) async throws(Failure) -> LiveSighting {
    guard let live = live.record else { return LiveSighting(sources: []) }
    let name = DNSText.name(live.name)
    var sources: [Source] = []
    do throws(Failure) {
      let zone = try site.zone(live.zone)
      sources.append(Source(name: "\(live.zone)", finding: try await sets(zone, name, live.type)))
      // No name server tells what an alias stands for.
      for server in try await live.type == "ALIAS" ? [] : zone.servers() {
        sources.append(
          Source(
            name: "name server \(server)",
            finding: try await ask(server, name, live.type, site.outside.resolver)))
      }
    } catch {
      if error.kind == .cancelled { throw error }
      sources.append(Source(name: "\(live.zone)", finding: .cannotTell(error.summary)))
    }
    return LiveSighting(sources: sources)
  }

  /// Whether the values found are exactly the one that a colour's sign names.
  static func matches(
    _ values: [String], _ wanted: LiveIndicator.Sign, of live: LiveIndicator
  ) -> Bool {
    let type = live.record?.type ?? ""
    return DNSText.values(values, type: type).map { Array($0.utf8) }
      == [Array(DNSText.value(wanted.value, type: type).utf8)]
  }

  private static func sets(
    _ zone: any DNSZone, _ name: String, _ type: String
  ) async throws(Failure) -> Finding {
    // The sets for both kinds of addresses lead to one place.
    var found: [String] = []
    for text in try await zone.recordSets(at: name).flatMap({ $0.targets(of: type) })
    where !found.contains(text) {
      found.append(text)
    }
    return .shows(found)
  }

  private static func ask(
    _ server: NameServer, _ name: String, _ type: String, _ resolver: any DNSResolver
  ) async throws(Failure) -> Finding {
    do throws(Failure) {
      switch try await resolver.ask(server, name: name, type: type) {
      case .records(let set): return .shows(set.values)
      case .noData: return .shows([])
      case .noSuchName: return .shows([])
      }
    } catch {
      if error.kind == .cancelled { throw error }
      return .cannotTell(error.summary)
    }
  }
}
