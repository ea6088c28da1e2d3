extension RolloutMachine {
  /// What interlocks may look at.
  package var view: RolloutRecordView {
    RolloutRecordView(
      live: live,
      steps: steps.map { step in
        RolloutRecordView.Step(
          id: step.id, action: step.definition.action, state: step.state,
          ledgers: step.report?.ledgers ?? [], promotes: step.definition.promotes,
          retries: step.retries)
      })
  }
}
