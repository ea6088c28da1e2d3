internal import Actions
internal import Resources
internal import Rollouts

/// What the places outside say about the live colour, beside what is recorded.
struct SightReport {
  let sight: LiveSight
  let recorded: EnvironmentRecord

  var lines: [Line] {
    var lines: [Line] = [
      "\(recorded.name, .strong)  \(recorded.live.rawValue, .good) is recorded as live"
        + "\(" since \(Words.dateAndClock(recorded.since))", .faint)"
    ]
    if let zone = sight.zone, let record = sight.indicator.record {
      lines.append("  " + line(zone, place: "zone \(record.zone)"))
    }
    lines += sight.servers.map { "  " + line($0.sighting, place: "name server \($0.server)") }
    lines += sight.values.sources.map { "  " + line($0) }
    lines += sight.stacks.map { "  " + line($0) }
    let doubts = sight.disagreements(with: recorded.live)
    guard !doubts.isEmpty else { return lines + [Line("Everything agrees.", .good)] }
    return lines + [Line("It does not agree:", .bad)] + doubts.map { "  \($0)" }
  }

  private func line(_ sighting: LiveSight.Sighting, place: String) -> Line {
    switch sighting {
    case .colour(let colour):
      colour == recorded.live
        ? "\("✓", .good) \(place): \(colour.rawValue)" : "\("✗", .bad) \(place): \(colour.rawValue)"
    case .neither(let seen): "\("✗", .bad) \(place): neither colour; \(seen)"
    case .unknown(let failure): "\("?", .warning) \(place): \(failure.summary)"
    }
  }

  private func line(_ source: LiveValues.Source) -> Line {
    switch source.saying {
    case .colour(let colour): line(.colour(colour), place: source.title)
    case .either: "\("·", .faint) \(source.title): as either colour has it"
    case .neither(let seen): line(.neither(seen), place: source.title)
    case .cannotTell(let failure): line(.unknown(failure), place: source.title)
    }
  }

  private func line(_ stack: LiveSight.Stack) -> Line {
    let place = "\(stack.colour.rawValue) stack \(stack.url)"
    let isLive = stack.colour == recorded.live
    switch stack.state {
    case .success(nil):
      return isLive ? "\("✗", .bad) \(place): does not exist" : "\("·", .faint) \(place): none"
    case .success(let description?):
      let isFine = !isLive || description.state == .healthy
      return "\(isFine ? "✓" : "✗", isFine ? .good : .bad) \(place): \(description.state.rawValue)"
    case .failure(let failure): return "\("?", .warning) \(place): \(failure.summary)"
    }
  }
}
