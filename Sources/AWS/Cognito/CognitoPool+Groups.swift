import JSON
import Resources

extension CognitoPool: UserGrouping {
  func groups() async throws(Failure) -> [UserGroup] {
    let values: [JSONValue]
    do throws(AWSFailure) {
      values = try await calls.all(.listGroups, "Groups")
    } catch {
      throw error.failure(url)
    }
    return values.compactMap { value in
      guard let name = value["GroupName"]?.string else { return nil }
      return UserGroup(
        name: name, description: value["Description"]?.string,
        precedence: value["Precedence"]?.integer, role: value["RoleArn"]?.string)
    }
  }

  func addGroup(_ group: UserGroup) async throws(Failure) {
    var input: JSONValue = ["GroupName": .string(group.name)]
    input["Description"] = group.description.map { .string($0) }
    input["Precedence"] = group.precedence.map { JSONValue($0) }
    do throws(AWSFailure) {
      _ = try await calls.call(.createGroup, input)
    } catch {
      if error.code != "GroupExistsException" { throw error.failure("\(url), group \(group.name)") }
    }
    forgetGroups()
  }

  func removeGroup(_ name: String) async throws(Failure) -> Bool {
    do throws(AWSFailure) {
      let members = try await calls.call(
        .listUsersInGroup, ["GroupName": .string(name), "Limit": 1])
      let users = try CognitoCalls.list("Users", in: members, of: .listUsersInGroup)
      guard users.isEmpty, members["NextToken"]?.string == nil else { return false }
      _ = try await calls.call(.deleteGroup, ["GroupName": .string(name)])
    } catch {
      // Either the group or the whole pool is gone, and the pool is asked for before.
      if error.code != "ResourceNotFoundException" { throw error.failure("\(url), group \(name)") }
    }
    forgetGroups()
    return true
  }
}
