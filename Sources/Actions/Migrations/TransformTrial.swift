package import JSON
package import Resources
package import Rollouts

/// Tries what a `tables.migrate` step would make of some items; reads only, and writes nothing but
/// its lookups, into the site's own folder.
package struct TransformTrial: Sendable {
  /// One source item and what becomes of it.
  package struct Answer: Sendable, Hashable {
    package let item: Item
    package let outcome: MigrationOutcome
  }

  /// Items that are tried at a time.
  private static let batch = 500

  private let step: TablesMigrate
  private let moment: Timestamp

  /// `input` is the step's own, with its references resolved.
  package init(_ input: JSONValue, in site: Site) throws(Failure) {
    let decoded: TablesMigrate.Input
    do throws(JSONMismatch) {
      decoded = try input.decode(as: TablesMigrate.Input.self)
    } catch {
      throw .permanent(
        "this is no input of \(TablesMigrate.name): \(error)", hint: "See docs/migrations.md.")
    }
    step = try TablesMigrate(decoded, in: site)
    moment = site.clock.now()
  }

  package var source: ResourceURL { step.input.from }

  /// The targets by name that are the source itself, where items change in place.
  package var ownTargets: Set<String> {
    Set(step.input.targets.filter { $0.table == source }.map(\.name))
  }

  /// How SQLite goes about the statement, a line each.
  package func explain() throws(Failure) -> [String] {
    guard step.input.filter == nil else {
      throw .refused("a filter has no query plan", hint: "Leave --explain out.")
    }
    return try step.site.outside.transforms.explain(step.statement(at: moment, lookupPath: nil))
  }

  /// The first items of the source, in its own order, and the names of its key.
  package func items(limit: Int) async throws(Failure) -> (items: [Item], key: [String]) {
    let table = try step.site.table(source)
    guard let description = try await table.description() else {
      throw .permanent("\(source) does not exist", hint: "Name a table that is there.")
    }
    var items: [Item] = []
    var position: PagePosition?
    repeat {
      let page = try await table.page(
        after: position, limit: min(Self.batch, limit - items.count))
      try TablePages.checkMoved(from: position, to: page.next, in: source)
      items += page.elements
      position = page.next
    } while position != nil && items.count < limit
    return (Array(items.prefix(limit)), description.keys.map(\.name))
  }

  /// Gives each item to the transform, and each answer to `show`, in order.
  package func run(
    _ items: [Item], pace: Pace, _ show: (Answer) -> Void
  ) async throws(Failure) {
    let lookupPath = MigrationLookups.path(in: step.site.workFolder)
    let lookups = step.input.lookups ?? []
    try await MigrationLookups(
      lookups: lookups, path: lookupPath, renewal: .all, site: step.site, pace: pace
    ).fill()
    let tables = await targetTables()
    let answers = try await step.withTransform(
      at: moment, lookupPath: lookups.isEmpty ? nil : lookupPath, pace
    ) { transform async throws(Failure) in
      var answers: [Answer] = []
      for start in stride(from: 0, to: items.count, by: Self.batch) {
        try pace.checkStop()
        let part = Array(items[start..<min(start + Self.batch, items.count)])
        let outcomes = try await transform.apply(part)
        for (item, outcome) in zip(part, outcomes) {
          answers.append(Answer(item: item, outcome: try await checked(outcome, tables)))
        }
      }
      return answers
    }
    for answer in answers { show(answer) }
  }

  /// The targets that can be reached from here, by name.
  private func targetTables() async -> [String: any TableStore] {
    var tables: [String: any TableStore] = [:]
    for target in step.input.targets {
      guard let table = try? step.site.table(target.table),
        case .some(.some) = try? await table.description()
      else { continue }
      tables[target.name] = table
    }
    return tables
  }

  /// The outcome, or that a write has no key of its target, which would be found out while writing.
  private func checked(
    _ outcome: MigrationOutcome, _ tables: [String: any TableStore]
  ) async throws(Failure) -> MigrationOutcome {
    guard case .writes(let writes) = outcome else { return outcome }
    for write in writes {
      guard let table = tables[write.target] else { continue }
      do throws(Failure) {
        switch write.kind {
        case .put(let item), .update(let item), .delete(let item): _ = try await table.key(of: item)
        }
      } catch {
        if error.kind == .cancelled { throw error }
        return .failed(error.summary)
      }
    }
    return outcome
  }
}
