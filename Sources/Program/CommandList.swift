internal import Commands

/// The commands of the program; a new one is a file and a line here.
enum CommandList {
  static let table = CommandTable<Context>(
    program: "cutover",
    purpose: """
      Moves a whole running system from one stack to another, data and users included, and back \
      again. Every step can be planned, paused, resumed and undone.
      """,
    version: Version.text,
    [
      .init(
        "Rolling out",
        [
          .command(CheckCommand.self), .command(PlanCommand.self), .command(RunCommand.self),
          .command(PauseCommand.self), .command(ResumeCommand.self),
          .command(ApproveCommand.self), .command(RejectCommand.self),
          .command(RetryCommand.self), .command(SkipCommand.self),
          .command(RollbackCommand.self),
        ]),
      .init(
        "Looking",
        [
          .command(StatusCommand.self), .command(WatchCommand.self),
          .command(HistoryCommand.self),
          .command(EnvironmentsCommand.self, [.command(ReconcileCommand.self)]),
          .group(
            "journal", "Check the journal, or write a rollout out of it.",
            [.command(JournalVerifyCommand.self), .command(JournalExportCommand.self)]),
        ]),
      .init(
        "Migrating",
        [
          .group(
            "migrate", "Read what older tools were told, and carry it out.",
            [.command(MigrateVAMSCommand.self, [.command(DetectVAMSCommand.self)])]),
          .group(
            "migrations", "Keep a registry of migrations, and run what is pending.",
            [
              .command(MigrationsListCommand.self), .command(MigrationsCreateCommand.self),
              .command(MigrationsPlanCommand.self), .command(MigrationsRunCommand.self),
              .command(MigrationsVerifyCommand.self), .command(MigrationsUndoCommand.self),
              .command(MigrationsMarkCommand.self),
            ]),
          .group(
            "transform", "Try what changes the shape of items.",
            [.command(TransformTryCommand.self)]),
          AmplifyCommands.entry,
        ]),
      .init(
        "Writing playbooks",
        [
          .command(ActionsCommand.self), .command(ProvidersCommand.self),
          .command(SchemaCommand.self), .command(PolicyCommand.self),
        ]),
    ])
}
