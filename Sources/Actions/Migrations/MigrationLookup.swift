package import Resources
import Rollouts

/// What a transform may read beside its items, as a playbook says it.
///
/// Filled either from a table or from the versions of two buckets.
package struct MigrationLookup: Decodable, Sendable, Hashable {
  package var name: String
  package var from: ResourceURL?
  package var versions: MigrationVersions?
  /// Columns by name: an attribute, or the steps of a path with dots between.
  package var columns: [String: String]
  /// The columns of each index.
  package var indexes: [[String]]?

  static let inputs: [InputField] = [
    .required("name", .string, "The name under which the statement reads it."),
    .optional(
      "from", .resource(.table), "The table, which is read whole.", uses: [.look, .read]),
    .optional(
      "versions", .object(MigrationVersions.inputs),
      "Instead of a table: two buckets whose versions are told apart by 'key', 'from' and 'to'."),
    .required(
      "columns", .map(.string),
      "Columns by name: an attribute, a path such as 'currentVersion/Version', or '.' for the item."
    ),
    .optional("indexes", .list(.list(.string)), "The columns of each index."),
  ]

  var table: LookupTable {
    LookupTable(
      name,
      columns: columns.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
        .map { column in
          .init(
            column.key,
            path: column.value == "."
              ? [] : column.value.split(separator: "/").map(String.init))
        }, indexes: indexes ?? [])
  }

  /// What a lookup is filled from.
  enum Origin: Sendable {
    case table(ResourceURL)
    case versions(MigrationVersions)
  }

  func origin() throws(Failure) -> Origin {
    switch (from, versions) {
    case (let from?, nil): return .table(from)
    case (nil, let versions?): return .versions(versions)
    case (nil, nil), (_?, _?):
      throw .permanent(
        "the lookup '\(name)' must say once what it is filled from",
        hint: "Give it either 'from', a table, or 'versions', two buckets.")
    }
  }

  var rights: [StepRight] {
    guard let versions else { return [] }
    return [versions.from, versions.to].flatMap { bucket -> [StepRight] in
      [.special(bucket, .lookBack), .special(bucket, .readHistory)]
    }
  }

  /// Says what is looked up, and refuses what is not there.
  static func plan(
    _ lookups: [MigrationLookup], in site: Site
  ) async throws(Failure) -> [String] {
    var changes: [String] = []
    for lookup in lookups {
      switch try lookup.origin() {
      case .table(let url):
        if try await site.table(url).description() == nil {
          guard await site.mayGetTables else {
            throw .permanent(
              "\(url) does not exist", hint: "Name a table that is there, or make it first.")
          }
        }
        changes.append("look up \(lookup.name) in \(url)")
      case .versions(let versions):
        _ = try await versions.pairing(in: site)
        changes.append(
          "look up \(lookup.name) in the versions of \(versions.from) and \(versions.to)")
      }
    }
    return changes
  }
}
