internal import Rollouts

/// Finds the rollout that a command is about.
struct Selection {
  let record: RolloutRecord
  /// Whether a command line has to name the environment to mean this rollout.
  let needsEnvironment: Bool

  /// The one open rollout, or the one of the environment given.
  static func open(in environment: String?, of journal: any Journal) async throws -> Selection {
    let open = try await allOpen(in: journal)
    let wanted = open.filter { record in
      environment.map { $0.utf8.elementsEqual(record.environment.utf8) } ?? true
    }
    if let only = wanted.first, wanted.count == 1 {
      return Selection(record: only, needsEnvironment: open.count > 1)
    }
    guard wanted.isEmpty else {
      throw Refusal(
        .usage,
        "rollouts are open in \(wanted.map(\.environment).joined(separator: " and "))",
        hint: "Say which one with --environment.")
    }
    throw Refusal(
      .usage, "no rollout is open" + (environment.map { " in \($0)" } ?? ""),
      hint: "Start one with 'cutover run PLAYBOOK'; see what was with 'cutover history'.")
  }

  /// The open rollout, or else the newest one.
  static func latest(in environment: String?, of journal: any Journal) async throws -> Selection? {
    let open = try await allOpen(in: journal)
    if environment == nil, open.count > 1 {
      throw Refusal(
        .usage, "rollouts are open in \(open.map(\.environment).joined(separator: " and "))",
        hint: "Say which one with --environment.")
    }
    if let found = open.first(where: { environment == nil || $0.environment == environment }) {
      return Selection(record: found, needsEnvironment: open.count > 1)
    }
    return try await journal.rollouts(in: environment, limit: 1).first
      .map { Selection(record: $0, needsEnvironment: environment != nil) }
  }

  /// A rollout by its id, by a beginning of it that no other has, or by the word `last`.
  static func named(
    _ name: String, in environment: String?, of journal: any Journal
  ) async throws -> RolloutRecord {
    let all = try await journal.rollouts(in: environment, limit: listMax)
    if name == "last", let newest = all.first { return newest }
    let found = all.filter { $0.id.utf8.starts(with: name.utf8) }
    if let exact = found.first(where: { $0.id == name }) { return exact }
    if let only = found.first, found.count == 1 { return only }
    throw Refusal(
      .usage,
      found.isEmpty ? "there is no rollout '\(name)'" : "several rollouts begin with '\(name)'",
      hint: "See 'cutover history' for their ids.")
  }

  /// More rollouts than anybody scrolls through.
  static let listMax = 10_000

  static func allOpen(in journal: any Journal) async throws -> [RolloutRecord] {
    var open: [RolloutRecord] = []
    for environment in try await journal.environments() {
      if let record = try await journal.openRollout(in: environment.name) { open.append(record) }
    }
    return open
  }
}
