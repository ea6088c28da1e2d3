import JSON
import Resources
import Rollouts

/// Deletes a table in one region after the other, each waited for until it is surely gone.
///
/// A table of a later region is touched only when DynamoDB says of all earlier ones that they do not
/// exist. A refusal, such as access denied, is never taken for that: it is thrown. Safe to repeat:
/// what is gone is passed over.
struct TableDemolition: Sendable {
  /// In the order in which they go.
  let tables: [RegionalTable]
  /// The ids of what was seen there before, by region; what was not seen is not touched.
  let seen: [String: String]
  /// All regions in which the table may be; one that is elsewhere too is not touched.
  let regions: Set<String>
  let guardian: LiveGuard
  let mustBeEmpty: Bool
  let every: Duration
  let step: String

  static let everyDefault: Duration = .seconds(15)

  func run(until end: Timestamp, _ pace: Pace) async throws(Failure) {
    for index in tables.indices { try await remove(index, until: end, pace) }
  }

  private func remove(_ index: Int, until end: Timestamp, _ pace: Pace) async throws(Failure) {
    let table = tables[index]
    var reason = ""
    while true {
      try pace.checkStop()
      do throws(Failure) {
        guard let state = try await table.state() else { return }
        reason = try await attempt(index, state)
      } catch {
        // Not to be told just now, which is neither there nor gone.
        guard error.isTransient else { throw error }
        reason = error.summary
      }
      let next = pace.clock.now() + every
      guard next <= end else {
        throw .permanent(
          "\(table.title) is not gone in time: \(reason)",
          hint: "See what holds it, then 'cutover retry \(step)'.")
      }
      try await pace.wait(until: next, for: "\(table.title) to be gone (\(reason))")
    }
  }

  /// Begins the deletion where that is allowed; answers what is waited for.
  private func attempt(
    _ index: Int, _ state: RegionalTable.State
  ) async throws(Failure) -> String {
    let table = tables[index]
    try check(table, state)
    switch state.status {
    case "DELETING", "CREATING", "UPDATING": return state.status
    case _: break
    }
    for earlier in tables[..<index] where try await earlier.state() != nil {
      throw .refused(
        "\(earlier.title) is there again, so \(table.title) is not deleted",
        hint: "Find out who made it.")
    }
    try await guardian.check(table.name)
    if mustBeEmpty, try await !table.isEmpty() {
      throw .refused(
        "\(table.title) is not deleted: it is not empty",
        hint: "Find out what wrote to it; delete it with a step that may, if it can go.")
    }
    return try await table.delete() ?? "DELETING"
  }

  private func check(
    _ table: RegionalTable, _ state: RegionalTable.State
  ) throws(Failure) {
    guard let id = seen[table.region] else {
      throw .refused(
        "\(table.title) was not there when its deletion was planned, and now it is",
        hint: "Find out who made it; 'cutover skip \(step) --reason TEXT' leaves it alone.")
    }
    guard id.isEmpty || state.id.isEmpty || id.hasSameBytes(as: state.id) else {
      throw .refused(
        "\(table.title) is not the one whose deletion was planned: it was made anew since",
        hint: "Find out who made it; 'cutover skip \(step) --reason TEXT' leaves it alone.")
    }
    guard !state.isProtected else {
      throw .refused(
        "\(table.title) is protected against deletion",
        hint: "Take the protection off by hand if it is really to go, then 'cutover retry \(step)'."
      )
    }
    try Self.checkReplicas(of: state, title: table.title, among: regions)
  }

  /// Refuses where the table also lives in a region that nobody named.
  static func checkReplicas(
    of state: RegionalTable.State, title: String, among regions: Set<String>
  ) throws(Failure) {
    let others = state.replicas.filter { !regions.contains($0.region) && $0.status != "DELETING" }
    guard others.isEmpty else {
      throw .refused(
        "\(title) has replicas in \(others.map(\.region).joined(separator: ", ")), which are not "
          + "among the regions of the step", hint: "Name all its regions, the owner last.")
    }
  }
}
