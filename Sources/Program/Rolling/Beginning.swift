internal import Actions
internal import JSON
internal import Resources
internal import Rollouts

/// Finds out everything that is written once when a rollout begins.
struct Beginning {
  let wiring: Wiring

  /// The live colour to start from: the recorded one, else what a person says, else what DNS says.
  ///
  /// What a person says must not contradict what is recorded or seen.
  func colour(
    of playbook: Playbook, recorded: Colour?, said: Colour?
  ) async throws -> (colour: Colour, note: Line?) {
    if let recorded {
      guard said == nil || said == recorded else {
        throw Refusal(
          .usage,
          "\(recorded.rawValue) is recorded as live in \(playbook.environment), not "
            + "\(recorded.other.rawValue)",
          hint: "Leave --live out; if the record is wrong, see "
            + "'cutover environments reconcile \(playbook.environment)'.")
      }
      try await check(recorded, of: playbook)
      return (recorded, nil)
    }
    guard let indicator = try playbook.liveIndicator() else {
      guard let said else {
        throw Refusal(
          .usage, "nothing is recorded about \(playbook.environment) yet",
          hint: "Say which colour is live now with --live blue or --live green.")
      }
      return (said, nil)
    }
    let sight = try await LiveSight.look(at: indicator, from: wiring.outside)
    if let said {
      if let seen = sight.agreed, seen != said, let record = indicator.record {
        throw Refusal(
          .usage, "--live says \(said.rawValue), but \(record.name) points to \(seen.rawValue)",
          hint: "Look which one is live; leave --live out to believe the zone.")
      }
      if let objection = sight.values.objections(to: said).first {
        throw Refusal(
          .usage, "--live says \(said.rawValue), but \(objection)",
          hint: "Look which one is live, and put the other right.")
      }
      return (said, nil)
    }
    guard let seen = sight.agreed else {
      throw Refusal(
        .usage,
        "nobody can tell which colour is live in \(playbook.environment): "
          + Self.doubt(sight),
        hint: "Say it with --live blue or --live green.")
    }
    guard let record = indicator.record else {
      let place = sight.values.sources.first?.title ?? "the section 'live'"
      return (seen, "\(place) says \(seen.rawValue, .strong), so that is live now.")
    }
    return (seen, "\(record.name) points to \(seen.rawValue, .strong), so that is live now.")
  }

  /// Refuses to start from a colour that the store of values or the functions contradict.
  private func check(_ recorded: Colour, of playbook: Playbook) async throws {
    guard let indicator = try playbook.liveIndicator(),
      indicator.store != nil || !indicator.blue.functions.isEmpty
    else { return }
    let objections = try await LiveSight.values(of: indicator, wiring.outside)
      .objections(to: recorded)
    guard objections.isEmpty else {
      throw Refusal(
        .usage,
        "\(recorded.rawValue) is recorded as live in \(playbook.environment), but "
          + objections.joined(separator: "; "),
        hint: "See both sides and how to put one right with 'cutover environments reconcile "
          + "\(playbook.environment)'. While a rollout is open they may differ.")
    }
  }

  private static func doubt(_ sight: LiveSight) -> String {
    sight.disagreements(with: .blue).first ?? "the places disagree"
  }

  func record(
    _ playbook: Playbook, text: String, name: String, overrides: [ParameterOverride],
    from: Colour, preview: Preview
  ) -> RolloutRecord {
    let now = wiring.clock.now()
    return RolloutRecord(
      id: id(at: now), environment: playbook.environment, from: from, to: from.other,
      playbook: text, playbookName: name,
      parameters: Self.given(overrides, to: playbook).text,
      preview: PlanReport(preview: preview).json.text,
      started: now)
  }

  /// The parameters that were given a value, with the value as the playbook took it.
  static func given(_ overrides: [ParameterOverride], to playbook: Playbook) -> JSONValue {
    var object = JSONValue.object([])
    for override in overrides {
      let taken = playbook.parameters.first { $0.name.utf8.elementsEqual(override.name.utf8) }
      object[override.name] = taken?.value ?? override.value
    }
    return object
  }

  /// Such as `20261121-0300-k3f9`: sortable by time, and short enough to be said aloud.
  private func id(at now: Timestamp) -> String {
    let text = now.description
    let digits = text.filter { $0.isASCII && $0.isNumber }
    var random = SplitMix(state: wiring.seed ^ UInt64(bitPattern: now.milliseconds))
    // Without letters that are taken for others.
    let alphabet = Array("23456789abcdefghjkmnpqrstuvwxyz")
    let tail = (0..<4).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
    return "\(digits.prefix(8))-\(digits.dropFirst(8).prefix(4))-\(String(tail))"
  }
}
