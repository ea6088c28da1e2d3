package import Resources
package import Rollouts

extension UsersCopy {
  /// Groups, and what the choice of passwords takes, in the words of Cognito.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var rights: [StepRight] = [
      .operations(input.from, ["ListUsers"], isPlanned: true)
    ]
    if input.groups == .create { rights.append(.use(input.to, .create)) }
    func operations(_ names: String...) -> StepRight { .operations(input.to, names) }
    switch input.passwords ?? .carry {
    case .carry, .invite, .temporary: break
    case .leave: rights.append(operations("AdminSetUserPassword"))
    case .reset:
      rights.append(operations("AdminSetUserPassword", "AdminResetUserPassword"))
    case .importing:
      rights.append(.operations(input.to, ["GetCSVHeader"], isPlanned: true))
      rights.append(
        operations("CreateUserImportJob", "StartUserImportJob", "DescribeUserImportJob"))
      if let role = input.importRole {
        let place = CloudPlace(
          region: input.to.authority, profile: input.to.parameter("profile"))
        rights.append(.call(CloudUse("iam", "PassRole", at: place, on: role)))
      }
    case .migrateTrigger: rights.append(operations("UpdateUserPool"))
    }
    return rights
  }
}
