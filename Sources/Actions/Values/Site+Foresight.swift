import Rollouts

extension Site {
  /// Actions that leave whatever they look at as it is.
  private static let lookers: Set<String> = [
    ValuesRead.name, MigrationsCheck.name, FunctionsAgree.name, Validate.name, ParametersRead.name,
    StackLookup.name, ApprovalGate.name, WindowGate.name, Bake.name, QueueWait.name,
    TablesCompare.name, TablesFingerprint.name, TablesAssertEmpty.name,
  ]

  /// Actions that may change much, but make no table.
  private static let tableKeepers: Set<String> = [
    TablesMigrate.name, TablesBackup.name, TablesExport.name, BucketsSync.name, UsersCopy.name,
    DNSPoint.name,
  ]

  /// Whether a table that is not there in a preview may be there once the step is reached.
  var mayGetTables: Bool {
    get async {
      guard isPreview else { return false }
      return await record().steps.prefix { $0.id != step }
        .contains { !Self.lookers.contains($0.action) && !Self.tableKeepers.contains($0.action) }
    }
  }

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
