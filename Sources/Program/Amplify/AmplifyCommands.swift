internal import Commands

/// The commands for backends of Amplify, once for branches and once for sandboxes.
enum AmplifyCommands {
  static let entry = CommandTable<Context>.Entry.group(
    "amplify", "Migrate the data of an Amplify backend.",
    discussion: """
      With the commands and options of amplify-data-migration, and on its records. Migrations are \
      files of cutover: see docs/amplify.md.
      """,
    [.command(AmplifyCreateCommand.self)] + entries(AmplifyBranch.self) + [
      .group(
        "sandbox", "The same for the sandbox of the package in the working folder.",
        entries(AmplifySandbox.self))
    ])

  private static func entries<Target: AmplifyTarget>(
    _ target: Target.Type
  ) -> [CommandTable<Context>.Entry] {
    [
      .command(AmplifyInitCommand<Target>.self), .command(AmplifyExportCommand<Target>.self),
      .command(AmplifyMigrateCommand<Target>.self), .command(AmplifyUndoCommand<Target>.self),
      .command(AmplifyDestroyCommand<Target>.self),
    ]
  }
}
