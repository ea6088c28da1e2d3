import Resources

extension CognitoPool {
  static func permissions(_ url: ResourceURL, _ use: ResourceUse) throws(Failure) -> [Permission] {
    let resource = url.regionalPlace.name("cognito-idp", "userpool/\(try id(of: url))")
    return operations(use).map {
      Permission("cognito-idp:\($0.rawValue)", on: resource, profile: url.parameter("profile"))
    }
  }

  private static func operations(_ use: ResourceUse) -> [CognitoOperation] {
    let look: [CognitoOperation] = [.describeUserPool, .getUserPoolMFA, .listGroups]
    return switch use {
    case .look: look
    case .read: look + [.listUsers, .getUser, .listGroupsForUser]
    case .write:
      look + [
        .getUser, .listGroupsForUser, .createUser, .addUserToGroup, .setUserMFAPreference,
        .disableUser,
      ]
    // Pools are not made; groups are.
    case .create: look + [.createGroup, .listUsersInGroup, .deleteGroup]
    case .destroy: look + [.getUser, .deleteUser]
    }
  }
}
