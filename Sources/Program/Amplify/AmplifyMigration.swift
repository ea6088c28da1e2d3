internal import JSON

/// One migration of Amplify data: which models are exported before a deployment, and what is done
/// with models after it.
struct AmplifyMigration: Sendable {
  /// One thing that is done, in the words of the old tool's classes.
  struct Step: Sendable {
    enum Kind: String, Sendable, CaseIterable {
      /// Every item of a model is looked at and may change.
      case update = "updateModel"
      /// New items of a model are made out of another table.
      case put = "putModel"
      /// Items of a model are made out of its export.
      case importing = "runImport"
      /// Any other step of a playbook.
      case action = "uses"
    }

    let kind: Kind
    /// The model; the action's name for `uses`.
    let name: String
    let id: String
    /// All that the step says besides.
    let members: [JSONValue.Member]

    subscript(member: String) -> JSONValue? {
      members.first { $0.name.hasSameBytes(as: member) }?.value
    }
  }

  let file: MigrationFile
  /// The models that `export` writes into the bucket.
  let exports: [String]
  let steps: [Step]
}
