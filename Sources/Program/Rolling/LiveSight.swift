internal import Actions
internal import Resources
internal import Rollouts

/// Which colour the world outside shows, told from DNS, values, functions and the stacks.
struct LiveSight: Sendable {
  /// What a look at one place found.
  enum Sighting: Sendable, Equatable {
    case colour(Colour)
    /// It was seen, and is neither colour's sign.
    case neither(String)
    case unknown(Failure)
  }

  struct Stack: Sendable {
    let colour: Colour
    let url: ResourceURL
    let state: Result<StackDescription?, Failure>
  }

  let indicator: LiveIndicator
  /// Nil where the section names no zone, or nobody looked there.
  let zone: Sighting?
  /// What each of the zone's own servers answers; empty when none serves it.
  let servers: [(server: NameServer, sighting: Sighting)]
  /// What the store of values and the functions say.
  let values: LiveValues
  let stacks: [Stack]

  static func look(
    at indicator: LiveIndicator, from outside: Site.Outside
  ) async throws(Failure) -> LiveSight {
    let (zone, servers) = await read(indicator, outside)
    var stacks: [Stack] = []
    for colour in Colour.allCases {
      guard let url = indicator.sign(of: colour).stack else { continue }
      stacks.append(Stack(colour: colour, url: url, state: await describe(url, outside)))
    }
    return LiveSight(
      indicator: indicator, zone: zone, servers: servers,
      values: try await values(of: indicator, outside), stacks: stacks)
  }

  /// What the store of values and the functions say, and nobody else.
  static func values(
    of indicator: LiveIndicator, _ outside: Site.Outside
  ) async throws(Failure) -> LiveValues {
    let looking = Site(
      rollout: ProviderContext.previewPurpose, environment: "", step: "live", from: .blue,
      to: .green, isPreview: true, workFolder: "", live: indicator, outside: outside,
      record: { RolloutRecordView(live: .blue, steps: []) })
    return try await LiveValues.look(indicator, in: looking)
  }

  /// The colour that DNS shows everywhere, or where there is no DNS, a colour that others say.
  ///
  /// What is pointed there counts, whatever is written elsewhere. Nil on any doubt.
  var shown: Colour? {
    switch zone {
    case .colour(let colour):
      return servers.allSatisfy { $0.sighting == .colour(colour) } ? colour : nil
    case .neither, .unknown: return nil
    case nil:
      let said = values.sources.compactMap { source in
        if case .colour(let colour) = source.saying { colour } else { nil }
      }
      return Set(said).count == 1 ? said.first : nil
    }
  }

  /// The colour that every place agrees on; nil on any doubt.
  var agreed: Colour? {
    guard let shown, values.objections(to: shown).isEmpty else { return nil }
    return shown
  }

  /// What does not fit the colour that the journal has recorded, in sentences.
  func disagreements(with recorded: Colour) -> [String] {
    var found: [String] = []
    if let zone, let record = indicator.record {
      found += complaint(zone, recorded, place: "the zone \(record.zone)")
    }
    for (server, sighting) in servers {
      found += complaint(sighting, recorded, place: "the name server \(server)")
    }
    found += values.objections(to: recorded)
    for stack in stacks where stack.colour == recorded {
      switch stack.state {
      case .success(nil): found.append("the live stack \(stack.url) does not exist")
      case .success(let description?):
        if description.state != .healthy {
          found.append("the live stack \(stack.url) is \(description.state.rawValue)")
        }
      case .failure(let failure):
        found.append("the live stack \(stack.url) cannot be looked at: \(failure.summary)")
      }
    }
    return found
  }

  private func complaint(_ sighting: Sighting, _ recorded: Colour, place: String) -> [String] {
    switch sighting {
    case .colour(recorded): []
    case .colour(let other): ["\(place) says \(other.rawValue)"]
    case .neither(let seen): ["\(place) says neither colour: \(seen)"]
    case .unknown(let failure): ["\(place) cannot tell: \(failure.summary)"]
    }
  }

  private static func read(
    _ indicator: LiveIndicator, _ outside: Site.Outside
  ) async -> (zone: Sighting?, servers: [(server: NameServer, sighting: Sighting)]) {
    guard let record = indicator.record else { return (nil, []) }
    do throws(Failure) {
      let provider = try outside.resources.zone(record.zone, in: outside.context)
      let name = absolute(record.name)
      let zone = judge(try await provider.recordSets(at: name), record, indicator)
      var servers: [(server: NameServer, sighting: Sighting)] = []
      // No name server tells what an alias stands for.
      for server in try await record.type == "ALIAS" ? [] : provider.servers() {
        servers.append((server, await ask(server, name, record, indicator, outside.resolver)))
      }
      return (zone, servers)
    } catch {
      return (.unknown(error), [])
    }
  }

  private static func describe(
    _ url: ResourceURL, _ outside: Site.Outside
  ) async -> Result<StackDescription?, Failure> {
    do throws(Failure) {
      return .success(try await outside.resources.stack(url, in: outside.context).description())
    } catch {
      return .failure(error)
    }
  }

  private static func ask(
    _ server: NameServer, _ name: String, _ record: LiveIndicator.Record,
    _ indicator: LiveIndicator, _ resolver: any DNSResolver
  ) async -> Sighting {
    do throws(Failure) {
      switch try await resolver.ask(server, name: name, type: record.type) {
      case .records(let set): return judge([set], record, indicator)
      case .noData, .noSuchName: return judge([], record, indicator)
      }
    } catch {
      return .unknown(error)
    }
  }

  static func judge(
    _ sets: [RecordSet], _ record: LiveIndicator.Record, _ indicator: LiveIndicator
  ) -> Sighting {
    let type = record.type.uppercased()
    // The sets for both kinds of addresses lead to one place.
    var values: [String] = []
    for text in sets.flatMap({ $0.targets(of: type) }).map({ normal($0, type) })
    where !values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
      values.append(text)
    }
    for colour in Colour.allCases
    where values == [normal(indicator.sign(of: colour).value, type)] {
      return .colour(colour)
    }
    let seen = values.joined(separator: ", ")
    return .neither(
      values.isEmpty ? "\(record.name) has no \(type)" : "\(record.name) \(type) \(seen)")
  }

  /// Names in one spelling: absolute and in lower case; other data as it is.
  private static func normal(_ value: String, _ type: String) -> String {
    switch type {
    case "CNAME", "NS", "PTR", "DNAME", "ALIAS": absolute(value)
    case "TXT": value.hasPrefix("\"") ? value : "\"\(value)\""
    default: value.lowercased()
    }
  }

  /// Absolute and in lower case, as the contract of zones has it.
  private static func absolute(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? name : name + "."
  }
}
