internal import JSON

/// The playbook that does what a migration schema says.
///
/// Tables come before buckets: a bucket of VAMS makes assets and databases of its own for objects
/// whose records it does not know yet. Nothing of it makes a colour live.
struct MigrationPlaybook {
  let schema: MigrationSchema
  let environment: String
  /// Used for both sides instead of the regions in the file.
  var region: String?
  var profileFrom: String?
  var profileTo: String?
  /// What is done about items and objects that the targets hold: `overwrite`, `keep` or `refuse`.
  var existing = "overwrite"

  var json: JSONValue {
    [
      "playbook": 1,
      "environment": .string(environment),
      "description": "Copies the tables and buckets that a VAMS migration schema names.",
      "colors": ["blue": ["side": "old"], "green": ["side": "new"]],
      "steps": .array(tables + buckets + [proof]),
    ]
  }

  private var tables: [JSONValue] {
    guard !schema.tables.isEmpty else { return [] }
    let pairs = schema.tables.map { table -> JSONValue in
      var pair: JSONValue = [
        "from": .string(place(table.from, "dynamodb", isTarget: false)),
        "to": .string(place(table.to, "dynamodb", isTarget: true)),
      ]
      if !table.renames.isEmpty {
        pair["transform"] = .string(RenamingStatement(table.renames).sql)
      }
      return pair
    }
    return [
      [
        "id": "copy-tables", "title": "Copy the tables", "uses": "tables.copy",
        "with": ["pairs": .array(pairs), "existing": .string(existing)],
      ]
    ]
  }

  private var buckets: [JSONValue] {
    schema.buckets.enumerated().map { index, bucket -> JSONValue in
      [
        "id": .string("sync-bucket-\(index + 1)"),
        "title": .string(
          "Copy the bucket \(bucket.descriptor.isEmpty ? bucket.from : bucket.descriptor)"),
        "uses": "buckets.sync",
        "with": [
          "from": .string(place(bucket.from, "s3", isTarget: false)),
          "to": .string(place(bucket.to, "s3", isTarget: true)),
          "existing": .string(existing),
        ],
      ]
    }
  }

  private var proof: JSONValue {
    [
      "id": "proof", "title": "Every ledger balances", "uses": "validate",
      "with": ["checks": [["title": "every ledger balances", "ledgers": true]]],
    ]
  }

  private func place(_ name: String, _ scheme: String, isTarget: Bool) -> String {
    let region = region ?? (isTarget ? schema.regionTo : schema.regionFrom)
    let profile = isTarget ? profileTo : profileFrom
    if scheme == "s3" {
      return "s3://\(name)?region=\(region)" + (profile.map { "&profile=\($0)" } ?? "")
    }
    return "\(scheme)://\(region)/\(name)" + (profile.map { "?profile=\($0)" } ?? "")
  }
}
