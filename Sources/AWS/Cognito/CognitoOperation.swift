/// One operation of user pools, and the quota that it counts against.
///
/// Source: "Quotas in Amazon Cognito", operation categories and their default requests per second.
enum CognitoOperation: String, Sendable {
  case addUserToGroup = "AdminAddUserToGroup"
  case createUser = "AdminCreateUser"
  case deleteUser = "AdminDeleteUser"
  case disableUser = "AdminDisableUser"
  case getUser = "AdminGetUser"
  case listGroupsForUser = "AdminListGroupsForUser"
  case resetUserPassword = "AdminResetUserPassword"
  case setUserMFAPreference = "AdminSetUserMFAPreference"
  case setUserPassword = "AdminSetUserPassword"
  case createGroup = "CreateGroup"
  case deleteGroup = "DeleteGroup"
  case listGroups = "ListGroups"
  case listUsersInGroup = "ListUsersInGroup"
  case listUsers = "ListUsers"
  case describeUserPool = "DescribeUserPool"
  case updateUserPool = "UpdateUserPool"
  case getUserPoolMFA = "GetUserPoolMfaConfig"
  case getCSVHeader = "GetCSVHeader"
  case createImportJob = "CreateUserImportJob"
  case startImportJob = "StartUserImportJob"
  case describeImportJob = "DescribeUserImportJob"

  enum Category: String, Sendable, CaseIterable {
    case userCreation = "UserCreation"
    case userRead = "UserRead"
    case userList = "UserList"
    case userUpdate = "UserUpdate"
    case accountRecovery = "UserAccountRecovery"
    case userResourceRead = "UserResourceRead"
    case userResourceUpdate = "UserResourceUpdate"
    case poolRead = "UserPoolRead"
    case poolUpdate = "UserPoolUpdate"
    case poolResourceRead = "UserPoolResourceRead"
    case poolResourceUpdate = "UserPoolResourceUpdate"

    /// Requests per second that an account has in a region unless it bought more.
    var perSecond: Double {
      switch self {
      case .userCreation: 50
      case .userRead: 120
      case .userList: 30
      case .userUpdate: 25
      case .accountRecovery: 30
      case .userResourceRead: 50
      case .userResourceUpdate: 25
      case .poolRead: 15
      case .poolUpdate: 15
      case .poolResourceRead: 20
      case .poolResourceUpdate: 15
      }
    }
  }

  var category: Category {
    switch self {
    case .createUser: .userCreation
    case .getUser: .userRead
    case .listUsers, .listUsersInGroup: .userList
    case .deleteUser, .disableUser: .userUpdate
    case .resetUserPassword, .setUserPassword: .accountRecovery
    case .listGroupsForUser: .userResourceRead
    case .addUserToGroup, .setUserMFAPreference: .userResourceUpdate
    case .describeUserPool: .poolRead
    case .updateUserPool: .poolUpdate
    case .listGroups, .getUserPoolMFA, .getCSVHeader, .describeImportJob: .poolResourceRead
    case .createGroup, .deleteGroup, .createImportJob, .startImportJob: .poolResourceUpdate
    }
  }
}
