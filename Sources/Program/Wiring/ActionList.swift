internal import Actions
internal import Rollouts

/// The actions that the program is built with; a new one is a file and a line here.
enum ActionList {
  static let all: [ActionDescriptor] = [
    ActionDescriptor(StackDeploy.self),
    ActionDescriptor(StackDestroy.self),
    ActionDescriptor(StackLookup.self),
    ActionDescriptor(DNSPoint.self),
    ActionDescriptor(TablesCopy.self),
    ActionDescriptor(TablesMigrate.self),
    ActionDescriptor(TablesCompare.self),
    ActionDescriptor(TablesFingerprint.self),
    ActionDescriptor(TablesBackup.self),
    ActionDescriptor(TablesRestore.self),
    ActionDescriptor(TablesExport.self),
    ActionDescriptor(TablesCreate.self),
    ActionDescriptor(TablesDelete.self),
    ActionDescriptor(TablesAssertEmpty.self),
    ActionDescriptor(BucketsSync.self),
    ActionDescriptor(BucketsCompare.self),
    ActionDescriptor(BucketsBackup.self),
    ActionDescriptor(BucketsRestore.self),
    ActionDescriptor(BucketsEmpty.self),
    ActionDescriptor(BucketsDelete.self),
    ActionDescriptor(UsersCopy.self),
    ActionDescriptor(Validate.self),
    ActionDescriptor(ApprovalGate.self),
    ActionDescriptor(WindowGate.self),
    ActionDescriptor(Bake.self),
    ActionDescriptor(CommandRun.self),
    ActionDescriptor(HTTPStep.self),
    ActionDescriptor(Plugin.self),
    ActionDescriptor(CloudStep.self),
    ActionDescriptor(LambdaInvoke.self),
    ActionDescriptor(FunctionMappingStep.self),
    ActionDescriptor(QueueWait.self),
    ActionDescriptor(ParametersRead.self),
  ]
}
