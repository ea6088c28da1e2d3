/// The text of a migration that a person goes on writing; it passes `cutover check` as it is.
struct MigrationTemplate {
  let title: String
  let environment: String

  var text: String {
    """
    // \(title): say here what changes, and why.
    //
    // A migration is a playbook. Once it was applied its file is never edited: its digest is
    // recorded, and what comes next is another migration. Try it before it is run:
    //   cutover transform try THIS_FILE --live blue      cutover migrations plan
    {
      playbook: 1,
      environment: \(Self.quoted(environment)),
      parameters: { region: "us-east-1", table: "my-table" },
      // A migration makes no colour live; both have to be there for whatever differs between them.
      colors: { blue: { side: "blue" }, green: { side: "green" } },
      steps: [
        {
          id: "change",
          uses: "tables.migrate",
          with: {
            from: "dynamodb://${region}/${table}",
            // In place. Name others to write there; add `existing` to say what they may hold.
            targets: [{ name: "items", table: "dynamodb://${region}/${table}" }],
            // One row for each outcome: put, update, delete, or skip with a reason. An item
            // without a row is an error. See docs/migrations.md for the functions.
            sql: [
              "SELECT seq, amend(item, 'version', 2) AS put, NULL AS skip",
              "FROM input WHERE kind(item, 'version') IS NULL",
              "UNION ALL SELECT seq, NULL, 'has a version' FROM input",
              "WHERE kind(item, 'version') IS NOT NULL",
            ],
            // Others write to the table meanwhile: prove the keys that were changed. "frozen"
            // proves all that the table holds.
            source: "moving",
          },
        },
        {
          id: "proof",
          uses: "validate",
          with: { checks: [{ title: "every ledger balances", ledgers: true }] },
        },
      ],
    }

    """
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
