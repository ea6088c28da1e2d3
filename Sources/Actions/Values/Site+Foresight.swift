import Rollouts

extension Site {
  /// Actions that leave whatever they look at as it is.
  private static let lookers: Set<String> = [
    ValuesRead.name, MigrationsCheck.name, FunctionsAgree.name, Validate.name, ParametersRead.name,
    StackLookup.name, ApprovalGate.name, WindowGate.name, Bake.name, QueueWait.name,
    TablesCompare.name, TablesFingerprint.name, TablesAssertEmpty.name,
  ]

  /// Whether all steps above only look, so that what is found now is what the step will find.
  ///
  /// In a preview nothing else can be told from what is found now.
  var isForeseeable: Bool {
    get async {
      guard isPreview else { return true }
      return await record().steps.prefix { $0.id != step }
        .allSatisfy { Self.lookers.contains($0.action) }
    }
  }
}
