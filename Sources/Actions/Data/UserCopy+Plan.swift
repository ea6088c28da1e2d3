import JSON
import Resources
import Rollouts

extension UserCopy {
  /// What the copy will do, in words, and what it must remember; refuses what cannot be.
  ///
  /// Everything that does not fit is named at once, before anything is written.
  func plan(
    from description: UserDirectoryDescription, to target: UserDirectoryDescription?
  ) async throws(Failure) -> (plan: UserCopyPlan, changes: [String]) {
    var plan = UserCopyPlan(createsTarget: target == nil, userCount: description.userCount)
    var mapping = UserMapping(carriesHashes: passwords == .carry)
    let isAdmitting = self.target is any UserAdmitting
    mapping.factors = target?.factors.map { $0.filter { $0 != .totp || !isAdmitting } }
    if passwords == .importing {
      mapping.factors = mapping.factors?.filter { $0 == .sms }
      mapping.keepsPreference = false
    }
    mapping.carriesGroups = groups != .leave
    mapping.ignoresCase = target?.ignoresCase ?? false
    var changes: [String] = []
    if isAdmitting, let target {
      let survey = try await survey(for: target)
      plan.userCount = survey.count
      let names = UserMapping.attributes(
        of: survey.attributes.keys.map(\.text), known: target.attributes ?? [], told: told)
      mapping.attributes = names.map
      mapping.leftBehind = names.leftBehind
      var problems = survey.problems
      if !names.problems.isEmpty {
        problems.append(
          "the target has no attribute for \(names.problems.joined(separator: ", "))")
      }
      let missing = try await missingGroups(survey)
      if groups == .refuse, !missing.isEmpty {
        problems.append("the target has no group \(missing.map(\.name).joined(separator: ", "))")
      }
      guard problems.isEmpty else {
        throw .refused(
          "\(source.url) does not fit \(self.target.url): " + problems.joined(separator: "; "),
          hint: "Map attributes with 'attributes' ({old: \"new\"}, or \"\" to leave one behind), "
            + "make groups with 'groups: \"create\"', leave users out with 'except'.")
      }
      plan.newGroups = groups == .create ? missing : nil
      changes += lines(names, missing) + survey.lines + consequences(survey)
    }
    if passwords == .migrateTrigger {
      plan.formerFunction = try await migrating().migrationFunction()
      if plan.formerFunction == function { plan.formerFunction = nil }
    }
    plan.mapping = mapping
    return (plan, changes)
  }

  private func survey(for target: UserDirectoryDescription) async throws(Failure) -> UserSurvey {
    var survey = UserSurvey(target: target)
    var position: PagePosition?
    repeat {
      let page = try await source.outline(after: position, limit: batch)
      try TablePages.checkMoved(from: position, to: page.next, in: source.url)
      for user in page.elements {
        survey.note(user, isExcepted: except.contains(Array(user.name.utf8)))
      }
      position = page.next
    } while position != nil
    return survey
  }

  private func missingGroups(_ survey: UserSurvey) async throws(Failure) -> [UserGroup] {
    guard groups != .leave, passwords != .migrateTrigger,
      let store = target as? any UserGrouping
    else { return [] }
    var wanted = survey.groups.map { UserGroup(name: $0.text) }
    if let source = source as? any UserGrouping { wanted = try await source.groups() }
    let there = Set(try await store.groups().map { UTF8Key($0.name) })
    return wanted.filter { !there.contains(UTF8Key($0.name)) }
      .sorted { $0.name.precedesInBytes($1.name) }
  }

  private func lines(
    _ names: (map: [String: String], leftBehind: [String], problems: [String]),
    _ missing: [UserGroup]
  ) -> [String] {
    var lines = names.map.filter { $0.key != $0.value }
      .sorted { $0.key.precedesInBytes($1.key) }
      .map { "attribute \($0.key) becomes \($0.value)" }
    if !names.leftBehind.isEmpty {
      lines.append("leave the attributes \(names.leftBehind.joined(separator: ", ")) behind")
    }
    if groups == .create {
      lines += missing.map {
        "create the group \($0.name)"
          + ($0.role == nil ? "" : ", without the role of the former one")
      }
    }
    return lines
  }

  /// What the choice of passwords means for people, for the one who approves the plan.
  private func consequences(_ survey: UserSurvey) -> [String] {
    let unreachable =
      survey.unreachable == 0
      ? "" : "; \(survey.unreachable) have no verified address and cannot do so by themselves"
    var lines: [String] =
      switch passwords {
      case .carry: []
      case .leave:
        [
          "nobody is told anything: users ask for a new password with \"forgot password\""
            + unreachable
        ]
      case .reset:
        [
          "each user is sent a code now, good for an hour, and must choose a new password "
            + "(RESET_REQUIRED); later codes come with \"forgot password\"" + unreachable
        ]
      case .invite:
        ["each user is sent an invitation with a temporary password now, which expires"]
      case .temporary:
        [
          "temporary passwords are written to \(passwordsPath), readable by its owner only: hand "
            + "them out yourself before they expire"
        ]
      case .importing:
        [
          "import jobs make the users, who must then choose a new password (RESET_REQUIRED)"
            + unreachable
        ]
      case .migrateTrigger:
        [
          "no user is copied: each comes over with name and password at the first sign-in, which "
            + "must not be by SRP; \(source.url) must stay until then",
          function.map { "\(target.url) asks \($0) about unknown users" }
            ?? "the function is only written to \(folder)/migration: attach it yourself",
        ]
      }
    if passwords != .migrateTrigger {
      lines.append("every user gets a new id; old and new ones are written to \(idsPath)")
      lines.append("authenticator apps, devices and links to other providers stay behind")
    }
    return lines
  }
}
