package import Resources
import Rollouts

/// A table that a transform may read beside its items, as a playbook says it.
package struct MigrationLookup: Decodable, Sendable, Hashable {
  package var name: String
  package var from: ResourceURL
  /// Columns by name: an attribute, or the steps of a path with dots between.
  package var columns: [String: String]
  /// The columns of each index.
  package var indexes: [[String]]?

  static let inputs: [InputField] = [
    .required("name", .string, "The name under which the statement reads it."),
    .required("from", .resource(.table), "The table, which is read whole.", uses: [.look, .read]),
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
}
