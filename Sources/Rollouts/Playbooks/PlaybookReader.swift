import JSON
package import Resources

/// Reads a playbook's bytes, checks everything that can be known beforehand, and gives the model.
///
/// All mistakes are thrown at once. Nothing outside is touched: no file, no resource, no secret.
package struct PlaybookReader: Sendable {
  private let actions: ActionCatalog
  private let resources: ResourceCatalog

  package init(actions: ActionCatalog, resources: ResourceCatalog) {
    self.actions = actions
    self.resources = resources
  }

  /// `file` is the name that messages use; of two overrides of one parameter the later one holds.
  package func read(
    _ bytes: [UInt8], file: String, overrides: [ParameterOverride] = []
  ) throws(PlaybookProblems) -> Playbook {
    let document = JSONDocument(
      bytes, dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    var check = PlaybookCheck(file: file, actions: actions, resources: resources)
    for problem in document.problems { check.report(problem.message, at: problem.position) }
    guard let root = document.root, let playbook = check.playbook(root, overrides) else {
      throw check.problems.sorted()
    }
    return playbook
  }
}
