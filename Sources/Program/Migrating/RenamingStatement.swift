/// The transform that gives attributes other names, whatever is in them.
///
/// All at once, so that two attributes may change places. An item that holds both the old and the
/// new name of a rename yields no row, which stops the copy: one of the two would be lost.
struct RenamingStatement {
  private let renames: [MigrationSchema.Rename]

  init(_ renames: [MigrationSchema.Rename]) { self.renames = renames }

  /// Characters that a path of SQLite's JSON functions cannot hold, and one of playbooks.
  static let unspeakable: Set<Character> = ["\"", "\\", "$"]

  var sql: String {
    let olds = renames.map { Self.path($0.from) }.joined(separator: ", ")
    var parts = ["step0 AS (SELECT seq, item, json_remove(item, \(olds)) AS made FROM input)"]
    for (index, rename) in renames.enumerated() {
      let (old, new) = (Self.path(rename.from), Self.path(rename.to))
      parts.append(
        "step\(index + 1) AS (SELECT seq, item, CASE "
          + "WHEN json_type(item, \(old)) IS NULL THEN made "
          + "WHEN json_type(made, \(new)) IS NULL "
          + "THEN json_set(made, \(new), json(item -> \(old))) END AS made FROM step\(index))")
    }
    return "WITH \(parts.joined(separator: ", ")) SELECT seq, made AS put FROM step\(renames.count)"
  }

  private static func path(_ name: String) -> String {
    "'$.\"\(name.replacing("'", with: "''"))\"'"
  }
}
