import Resources
import Rollouts

/// Fills the lookup tables of a migration, whole and before the first item is migrated.
struct MigrationLookups: Sendable {
  private static let pageLimit = 1000

  let lookups: [MigrationLookup]
  let path: String
  let site: Site
  let pace: Pace

  static func path(in folder: String) -> String { "\(folder)/lookups.db" }

  func fill() async throws(Failure) {
    guard !lookups.isEmpty else { return }
    try WorkFiles.makeFolder(site.workFolder)
    try WorkFiles.mark(path)
    let file = try site.outside.transforms.lookups(at: path, lookups.map(\.table))
    for lookup in lookups {
      let table = try site.table(lookup.from)
      var progress = try await file.progress(of: lookup.name)
      while !progress.isComplete {
        try pace.checkStop()
        let page = try await table.page(after: progress.position, limit: Self.pageLimit)
        try TablePages.checkMoved(from: progress.position, to: page.next, in: table.url)
        try await file.add(page, to: lookup.name)
        progress.position = page.next
        progress.isComplete = page.next == nil
        progress.rows += page.elements.count
        pace.report(.init(done: progress.rows, unit: "items looked up in \(lookup.name)"))
      }
    }
  }
}
