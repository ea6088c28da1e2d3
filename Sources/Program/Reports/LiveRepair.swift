internal import Actions
internal import Resources
internal import Rollouts

/// The command that would make the record, the store and the functions agree with what is true.
struct LiveRepair {
  let sight: LiveSight
  let recorded: EnvironmentRecord

  /// The colour that is live: what is pointed there counts more than what is written down.
  private var truth: Colour? {
    if sight.zone != nil { return sight.shown }
    // A sign that depends on a stored value is only as good as that.
    let said = sight.values.sources.filter { $0.key == nil }.compactMap { source in
      if case .colour(let colour) = source.saying { colour } else { nil }
    }
    return Set(said).count == 1 ? said.first : sight.shown
  }

  /// What is to be put into the store, by its keys.
  private func puts(for colour: Colour) -> [String] {
    var puts: [String] = []
    for source in sight.values.sources {
      guard let key = source.key, let value = source.wanted[colour] else { continue }
      switch source.saying {
      case .colour(colour), .either, .cannotTell: continue
      case .colour, .neither: puts.append("\(key)=\(value)")
      }
    }
    return puts
  }

  /// The words behind 'cutover'; nil when everything agrees.
  var words: [String]? {
    guard !sight.disagreements(with: recorded.live).isEmpty else { return nil }
    let truth = truth
    var words: [String] = []
    if let truth, truth != recorded.live { words += ["--set", truth.rawValue] }
    words += puts(for: truth ?? recorded.live).flatMap { ["--put", $0] }
    if words.isEmpty {
      let other = sight.agreed.map { $0 == recorded.live ? recorded.live.other : $0 }
      words = ["--set", (other ?? recorded.live).rawValue]
    }
    return ["environments", "reconcile", recorded.name] + words + ["--reason", "TEXT"]
  }
}
