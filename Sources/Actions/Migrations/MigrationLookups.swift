import Resources
import Rollouts

/// Fills the lookup tables of a migration, whole and before the first item is migrated.
///
/// Once a page was written they stay as they were read, for a statement may look up what its own step
/// writes; unless the playbook has them read anew whenever the step begins.
struct MigrationLookups: Sendable {
  private static let pageLimit = 1000

  /// What becomes of lookups that were filled when the step was begun before.
  enum Renewal: Sendable {
    /// They stay; a fill that was interrupted goes on.
    case none
    /// Whole ones are read again; a fill that was interrupted goes on.
    case whole
    /// All are read from the beginning.
    case all
  }

  let lookups: [MigrationLookup]
  let path: String
  let renewal: Renewal
  let site: Site
  let pace: Pace

  static func path(in folder: String) -> String { "\(folder)/lookups.db" }

  func fill() async throws(Failure) {
    guard !lookups.isEmpty else { return }
    try WorkFiles.makeFolder(site.workFolder)
    try WorkFiles.mark(path)
    let file = try site.outside.transforms.lookups(at: path, lookups.map(\.table))
    for lookup in lookups {
      let source = try await source(of: lookup)
      var progress = try await file.progress(of: lookup.name)
      if renewal == .all || renewal == .whole && progress.isComplete {
        try await file.clear(lookup.name)
        progress = LookupProgress(position: nil, isComplete: false, rows: 0)
      }
      while !progress.isComplete {
        try pace.checkStop()
        let page = try await source.page(progress.position)
        try TablePages.checkMoved(from: progress.position, to: page.next, in: source.url)
        try await file.add(page, to: lookup.name)
        progress.position = page.next
        progress.isComplete = page.next == nil
        progress.rows += page.elements.count
        pace.report(.init(done: progress.rows, unit: "items looked up in \(lookup.name)"))
      }
    }
  }

  private struct Source {
    let url: ResourceURL
    let page: (PagePosition?) async throws(Failure) -> Page<Item>
  }

  private func source(of lookup: MigrationLookup) async throws(Failure) -> Source {
    switch try lookup.origin() {
    case .table(let url):
      let table = try site.table(url)
      return Source(url: url) { position async throws(Failure) in
        try await table.page(after: position, limit: Self.pageLimit)
      }
    case .versions(let versions):
      guard let pairing = try await versions.pairing(in: site) else {
        throw .permanent(
          "\(versions.from) or \(versions.to) does not exist", hint: "Make the bucket first.")
      }
      return Source(url: versions.from) { position async throws(Failure) in
        try await pairing.page(after: position)
      }
    }
  }
}
