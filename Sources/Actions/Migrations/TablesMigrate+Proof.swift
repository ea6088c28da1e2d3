import Digests
package import Resources
package import Rollouts

extension TablesMigrate {
  package func verify(
    _ plan: MigrationPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    if isDry { return Verification(.passed("\(report.outputs["read"] ?? "0") items were tried")) }
    guard report.ledgers.count == input.targets.count else {
      return Verification(.inconclusive("the migration has left no account"))
    }
    let archive = try MigrationArchive(at: archivePath)
    var verdicts: [Verdict] = []
    var ledgers: [Ledger] = []
    for (index, target) in input.targets.enumerated() {
      let verifier = MigrationVerifier(
        target: try site.table(target.table), number: index, archive: archive,
        expected: expected(report.ledgers[index], target), pace: pace)
      let (verdict, ledger) = try await verifier.verify(report.ledgers[index])
      verdicts.append(verdict)
      ledgers.append(ledger)
    }
    if input.filter != nil { verdicts.append(try await askAgain(plan, archive, pace)) }
    return Verification(.all(verdicts), ledgers: ledgers)
  }

  private func askAgain(
    _ plan: MigrationPlan, _ archive: MigrationArchive, _ pace: Pace
  ) async throws(Failure) -> Verdict {
    let source = try site.table(input.from)
    return try await withTransform(at: plan.moment, lookupPath: nil, pace) {
      transform async throws(Failure) in
      try await MigrationReasking(
        source: source, sourceNumber: input.targets.firstIndex { $0.table == input.from },
        archive: archive, transform: transform, pace: pace
      ).verify()
    }
  }

  /// What the whole table should hold; nil where that cannot be told.
  private func expected(_ ledger: Ledger, _ target: MigrationTarget) -> DigestSum? {
    guard input.source != .moving, subset.limit == nil || target.table != input.from else {
      return nil
    }
    return DigestSum(ledger.expectedDigest)
  }

  package func undo(
    _ plan: MigrationPlan, from checkpoint: MigrationCheckpoint?, pace: Pace
  ) async throws(Failure) {
    guard !isDry else { return }
    guard MigrationArchive.exists(at: archivePath) else {
      // Checkpoints stay with the rollout that wrote them; what takes it back later has its account.
      let own = await site.record().steps.first { $0.id == site.step }
      guard checkpoint?.hasBegun != true, own?.ledgers.isEmpty ?? true else { throw archiveIsGone }
      return
    }
    let archive = try MigrationArchive(at: archivePath)
    // The source before the others: an item is there again before what it became goes.
    let order = input.targets.indices.sorted {
      input.targets[$0].table == input.from && input.targets[$1].table != input.from
    }
    for index in order {
      let target = input.targets[index].table
      try await MigrationUndo(
        target: try site.table(target), number: index, archive: archive,
        strangersPath: Archive.path(
          in: site.workFolder, of: target, index: input.targets.count > 1 ? index + 1 : nil),
        governor: governor(of: input.targets[index].table),
        pace: pace
      ).run()
    }
  }
}
