import Digests
import JSON
import Resources

extension CognitoPool: UserAdmitting {
  func add(_ users: [User]) async throws(Failure) -> [UserAddition] {
    try await admit(users, with: .forgotten).map(\.outcome)
  }

  func admit(
    _ users: [User], with password: FirstPassword
  ) async throws(Failure) -> [UserAdmission] {
    try await each(users) { user async throws(Failure) in
      try await admit(Self.withoutHash(user), password)
    }
  }

  func finish(
    _ users: [User], with password: FirstPassword
  ) async throws(Failure) -> [UserAdmission] {
    try await each(users) { user async throws(Failure) in
      try await finish(Self.withoutHash(user), password)
    }
  }

  /// No pool takes a hash, so none makes a difference.
  private static func withoutHash(_ user: User) -> User {
    var user = user
    user.passwordHash = nil
    return user
  }

  /// Works on several users at once, but on one of each name only after the other.
  private func each(
    _ users: [User], _ work: @escaping @Sendable (User) async throws(Failure) -> UserAdmission
  ) async throws(Failure) -> [UserAdmission] {
    let names = users.map { Array($0.name.lowercased().utf8) }
    guard Set(names).count == users.count else {
      var answers: [UserAdmission] = []
      for user in users { answers.append(try await work(user)) }
      return answers
    }
    return try await concurrentMap(users, atOnce: Self.atOnce, work)
  }

  private func admit(
    _ user: User, _ password: FirstPassword
  ) async throws(Failure) -> UserAdmission {
    guard user.externalProvider == nil else {
      throw .refused(
        "\(url): \(user.name) signs in through another provider and cannot be added",
        hint: "Such users come about by themselves when they first sign in.")
    }
    let invitation = Invitation(user, password)
    do throws(AWSFailure) {
      let answer = try await calls.call(.createUser, try creation(user, invitation, password))
      let made = try await definition(or: .createUser).user(answer["User"] ?? [:])
      let missing = try await settle(user, password, given: invitation.missing)
      return UserAdmission(missing.isEmpty ? .added : .addedWithout(missing), id: made?.id)
    } catch {
      guard error.code == "UsernameExistsException" else { throw failure(error, user) }
    }
    guard let there = try await self.user(named: user.name) else {
      throw .refused(
        "\(url): \(user.name) cannot be added, since somebody else has that name for an alias",
        hint: "Look at the addresses of the users there, or leave this one out with 'except'.")
    }
    let differences = there.differences(from: user)
    return UserAdmission(differences.isEmpty ? .alike : .differs(differences), id: there.id)
  }

  /// What an invitation can do for a user, decided before anything is sent.
  private struct Invitation {
    let medium: String?
    let missing: [String]

    init(_ user: User, _ password: FirstPassword) {
      guard case .invitation = password else {
        (medium, missing) = (nil, [])
        return
      }
      if user.attributes["email"] != nil {
        (medium, missing) = ("EMAIL", [])
      } else if user.attributes["phone_number"] != nil {
        (medium, missing) = ("SMS", [])
      } else {
        (medium, missing) = (nil, ["an invitation: there is no address"])
      }
    }
  }

  private func creation(
    _ user: User, _ invitation: Invitation, _ password: FirstPassword
  ) throws(AWSFailure) -> JSONValue {
    let attributes = user.attributes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    var input: JSONValue = [
      "Username": .string(user.name),
      "UserAttributes": .array(
        attributes.map { ["Name": .string($0.key), "Value": .string($0.value)] }),
    ]
    if let medium = invitation.medium {
      input["DesiredDeliveryMediums"] = [.string(medium)]
    } else {
      input["MessageAction"] = "SUPPRESS"
    }
    if case .temporary(let password) = password {
      guard let text = password(user.name) else {
        throw AWSFailure(
          .local(
            .permanent("no temporary password for \(user.name)", hint: "Report this bug.")),
          operation: "cognito-idp:AdminCreateUser")
      }
      input["TemporaryPassword"] = .string(text)
    }
    return input
  }

  /// Does what comes after a user was made; each call may be repeated.
  ///
  /// The last one is to disable, because the others are refused for a disabled user.
  private func settle(
    _ user: User, _ password: FirstPassword, given missing: [String],
    isPasswordOpen: Bool = true
  ) async throws(AWSFailure) -> String {
    var missing = missing
    for group in user.groups {
      _ = try await calls.call(
        .addUserToGroup, ["Username": .string(user.name), "GroupName": .string(group)])
    }
    if let factors = user.factors, !factors.methods.isEmpty {
      if let why = try await set(factors, of: user) { missing.append(why) }
    }
    if isPasswordOpen, let why = try await setPassword(of: user, password) { missing.append(why) }
    if !user.isEnabled { _ = try await calls.call(.disableUser, ["Username": .string(user.name)]) }
    return missing.joined(separator: "; ")
  }

  /// Says why not, if the pool or the user is not ready for it.
  private func set(_ factors: SecondFactors, of user: User) async throws(AWSFailure) -> String? {
    func setting(_ factor: SecondFactor) -> JSONValue {
      [
        "Enabled": .bool(factors.methods.contains(factor)),
        "PreferredMfa": .bool(factors.preferred == factor),
      ]
    }
    var input: JSONValue = ["Username": .string(user.name)]
    if factors.methods.contains(.sms) { input["SMSMfaSettings"] = setting(.sms) }
    if factors.methods.contains(.email) { input["EmailMfaSettings"] = setting(.email) }
    do throws(AWSFailure) {
      _ = try await calls.call(.setUserMFAPreference, input)
      return nil
    } catch {
      guard let code = error.code, Self.notReadyCodes.contains(code) else { throw error }
      return "a second factor (\(code))"
    }
  }

  private static let notReadyCodes: Set<String> = [
    "InvalidParameterException", "UserNotConfirmedException", "PasswordResetRequiredException",
  ]

  /// A password that nobody knows makes the user a confirmed one, who can ask for another.
  private func setPassword(
    of user: User, _ password: FirstPassword
  ) async throws(AWSFailure) -> String? {
    switch password {
    case .invitation, .temporary: return nil
    case .forgotten, .reset: break
    }
    let length = try await definition(or: .setUserPassword).passwordLengthMin
    _ = try await calls.call(
      .setUserPassword,
      [
        "Username": .string(user.name), "Password": .string(RandomPassword.make(length: length)),
        "Permanent": true,
      ])
    guard case .reset = password else { return nil }
    do throws(AWSFailure) {
      // Sent twice, the user gets two codes.
      _ = try await calls.call(
        .resetUserPassword, ["Username": .string(user.name)], isRepeatable: false)
      return nil
    } catch {
      guard error.code == "InvalidParameterException" else { throw error }
      return "a reset of the password: there is no verified address"
    }
  }

  private func finish(
    _ user: User, _ password: FirstPassword
  ) async throws(Failure) -> UserAdmission {
    guard let there = try await self.user(named: user.name) else {
      return try await admit(user, password)
    }
    // What a cut-off admission cannot have left was done by somebody else.
    let groups = Set(user.groups.map { Array($0.utf8) })
    var begun = user
    begun.isEnabled = there.isEnabled || user.isEnabled
    if there.groups.allSatisfy({ groups.contains(Array($0.utf8)) }) { begun.groups = there.groups }
    if there.factors?.methods.isEmpty ?? true { begun.factors = nil }
    let foreign = there.differences(from: begun)
    guard foreign.isEmpty else { return UserAdmission(.differs(foreign), id: there.id) }
    let isPasswordOpen = there.isEnabled && isOpen(there, password)
    guard isPasswordOpen || !there.differences(from: user).isEmpty else {
      return UserAdmission(.alike, id: there.id)
    }
    do throws(AWSFailure) {
      let missing = try await settle(user, password, given: [], isPasswordOpen: isPasswordOpen)
      return UserAdmission(missing.isEmpty ? .added : .addedWithout(missing), id: there.id)
    } catch {
      throw failure(error, user)
    }
  }

  /// Whether a user who was begun may still be without the first password that was promised.
  ///
  /// A reset takes two requests, and between them nobody knows the password: only the state that
  /// the second leads to proves it. Somebody who has chosen a password meanwhile gets one more
  /// code, which does less harm than none.
  private func isOpen(_ user: User, _ password: FirstPassword) -> Bool {
    switch password {
    case .reset: user.status != "RESET_REQUIRED"
    case .forgotten, .invitation, .temporary: isJustMade(user)
    }
  }

  func isJustMade(_ user: User) -> Bool { user.status == "FORCE_CHANGE_PASSWORD" }

  private func definition(
    or operation: CognitoOperation
  ) async throws(AWSFailure) -> CognitoDefinition {
    do throws(Failure) {
      return try await definition()
    } catch {
      throw AWSFailure(.local(error), operation: "cognito-idp:\(operation.rawValue)")
    }
  }

  private func failure(_ error: AWSFailure, _ user: User) -> Failure {
    var failure = error.failure("\(url), user \(user.name)")
    if error.code == "ResourceNotFoundException" {
      failure.hint =
        "The pool or one of the groups \(user.groups.joined(separator: ", ")) is "
        + "missing; 'groups: \"create\"' makes groups."
    } else if error.code == "InvalidParameterException" {
      failure.hint =
        "Mend the user at the source or map the attribute with 'attributes'; "
        + "'except' leaves the user out."
    }
    return failure
  }
}
